import type { Coding } from '../coder/coding.ts';
import { encode } from '../coder/encode.ts';
import type { LzmaProps } from '../coder/lzma-model.ts';
import type { SectionName } from '../format.ts';
import { isNoise } from './noise.ts';
import type { Raw } from './spool.ts';

/** Models that are tried: for bytes without structure, for text-like ones, for words of four and code in them. */
export const MODELS: readonly LzmaProps[] = [
  { lc: 0, lp: 0, pb: 0 },
  { lc: 3, lp: 0, pb: 0 },
  { lc: 1, lp: 0, pb: 2 },
  { lc: 3, lp: 0, pb: 2 },
  { lc: 4, lp: 0, pb: 2 },
  { lc: 0, lp: 2, pb: 2 },
  { lc: 1, lp: 2, pb: 2 },
];

/** Bytes by which models are compared. Most differences are zeros: more of them say as much, in the same time. */
const SAMPLE = { differences: 2 ** 21, others: 2 ** 18 } as const;
const PIECE = 2 ** 15;
/** What becomes smaller by less than this part is looked at as a whole: it may be noise, or mostly noise. */
const WORTH = 1 / 128;

/**
 * Which of some codings with LZMA makes a section smallest, by pieces from all over it, or LZMA2 with the same model; `undefined` where
 * it is noise.
 */
export async function chooseCoding(
  name: SectionName,
  raw: Raw,
  codings: readonly [Coding, ...Coding[]],
): Promise<Coding | undefined> {
  const pieces = await sample(raw, name === 'differences' ? SAMPLE.differences : SAMPLE.others);
  const length = lengthOf(pieces);
  let [best, least] = [codings[0], Number.POSITIVE_INFINITY];
  for (const coding of codings) {
    const coded = await quickly(pieces, coding, length);
    if (coded > length * (1 - WORTH)) return (await isNoise(raw)) ? undefined : inChunks(coding);
    if (coded >= least) continue;
    least = coded;
    best = coding;
  }
  return (await quickly(pieces, inChunks(best), length)) < least ? inChunks(best) : best;
}

/** LZMA2, which leaves stretches of noise as they are; LZMA makes them larger by a seventieth. */
export const inChunks = (coding: Coding): Coding => ({ ...coding, coder: 'lzma2' });

async function quickly(pieces: readonly Uint8Array[], coding: Coding, length: number): Promise<number> {
  let coded = 0;
  for await (const piece of encode(pieces, coding, length, 'quick')) coded += piece.length;
  return coded;
}

export const lengthOf = (pieces: readonly Uint8Array[]): number =>
  pieces.reduce((sum, { length }) => sum + length, 0);

/** About `size` bytes in pieces from all over the section; all of a shorter one. */
export async function sample(raw: Raw, size: number): Promise<readonly Uint8Array[]> {
  const stride = raw.length <= size ? PIECE : Math.floor((raw.length * PIECE) / size);
  const pieces: Uint8Array[] = [];
  let start = 0;
  let next = 0;
  for await (const piece of raw.pieces()) {
    for (const end = start + piece.length; next < end; ) {
      const from = next - start;
      pieces.push(piece.subarray(from, from + PIECE));
      next += stride;
    }
    start += piece.length;
  }
  return pieces;
}
