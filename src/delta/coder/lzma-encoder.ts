import { liblzma } from './liblzma.ts';
import type { LzmaProps } from './lzma-model.ts';

/** liblzma's least dictionary; a stream shorter than that needs no more than its own length all the same. */
const LEAST = 4096;

export const lzmaAvailable = async (): Promise<boolean> => (await liblzma()) !== undefined;

/** How hard an encoder looks: `quick` to compare codings, ten times faster and about a tenth larger than `best`. */
export type Effort = 'quick' | 'best';

/** Up to this length the most tries are worth their time; longer ones repeat little beyond what fewer find. */
const DEEP_UP_TO = 2 ** 19;

/** Codes `length` bytes as one raw LZMA stream; 2^`windowBits` is its dictionary. It ends with an end marker. */
export async function* encodeLzma(
  raw: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  props: LzmaProps,
  windowBits: number,
  length: number,
  effort: Effort = 'best',
): AsyncGenerator<Uint8Array> {
  const lzma = await liblzma();
  if (!lzma) throw new Error('lzma-native is not installed');
  const dictSize = Math.max(LEAST, 2 ** windowBits);
  const search =
    effort === 'quick'
      ? { mode: lzma.MODE_FAST, mf: lzma.MF_HC4, niceLen: 273, depth: 16 }
      : { mode: lzma.MODE_NORMAL, mf: lzma.MF_BT4, niceLen: 273, depth: length <= DEEP_UP_TO ? 512 : 64 };
  const options = { ...props, dictSize, ...search };
  const encoder = lzma.createStream('rawEncoder', { filters: [{ id: lzma.FILTER_LZMA1, options }] });
  const { pipeline, Readable } = await import('node:stream');
  pipeline(Readable.from(raw, { highWaterMark: 1 }), encoder, () => {});
  try {
    for await (const piece of encoder) yield piece as Uint8Array;
  } finally {
    encoder.destroy();
  }
}
