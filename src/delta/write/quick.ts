import type { Coding } from '../coder/coding.ts';
import { encode } from '../coder/encode.ts';
import { lengthOf, sample } from './models.ts';
import type { Raw } from './spool.ts';

const CODING: Coding = { coder: 'lzma', windowBits: 21, props: { lc: 3, lp: 0, pb: 2 } };

/** About what is left of some bytes when they are coded with LZMA, by about `size` of them; all of them without it. */
export async function quick(raw: Raw, size = raw.length): Promise<number> {
  if (raw.length === 0) return 0;
  const pieces = await sample(raw, size);
  const length = lengthOf(pieces);
  let bytes = 0;
  for await (const piece of encode(pieces, CODING, length, 'quick')) bytes += piece.length;
  return (bytes * raw.length) / length;
}
