import { liblzma } from './liblzma.ts';
import type { LzmaProps } from './lzma-model.ts';

/** liblzma's least dictionary; a stream shorter than that needs no more than its own length all the same. */
const LEAST = 4096;

export const lzmaAvailable = async (): Promise<boolean> => (await liblzma()) !== undefined;

/** How hard an encoder looks: `quick` to compare codings, ten times faster and about a tenth larger than `best`. */
export type Effort = 'quick' | 'best';

/** Up to this length the most tries are worth their time; longer ones repeat little beyond what fewer find. */
const DEEP_UP_TO = 2 ** 19;

export interface LzmaOptions {
  readonly props: LzmaProps;
  /** 2^`windowBits` is its dictionary. */
  readonly windowBits: number;
  /** Bytes to code in all. */
  readonly length: number;
  readonly effort: Effort;
  /** In chunks of LZMA2, without the byte of 0 behind the last; else as one raw LZMA stream, which ends with an end marker. */
  readonly chunks: boolean;
}

/** Codes bytes as LZMA. @throws what `raw` throws */
export async function* encodeLzma(
  raw: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { props, windowBits, length, effort, chunks }: LzmaOptions,
): AsyncGenerator<Uint8Array> {
  const lzma = await liblzma();
  if (!lzma) throw new Error('lzma-native is not installed');
  const dictSize = Math.max(LEAST, 2 ** windowBits);
  const search =
    effort === 'quick'
      ? { mode: lzma.MODE_FAST, mf: lzma.MF_HC4, niceLen: 273, depth: 16 }
      : { mode: lzma.MODE_NORMAL, mf: lzma.MF_BT4, niceLen: 273, depth: length <= DEEP_UP_TO ? 512 : 64 };
  const options = { ...props, dictSize, ...search };
  const id = chunks ? lzma.FILTER_LZMA2 : lzma.FILTER_LZMA1;
  const encoder = lzma.createStream('rawEncoder', { filters: [{ id, options }] });
  const { pipeline, Readable } = await import('node:stream');
  pipeline(Readable.from(raw, { highWaterMark: 1 }), encoder, () => {});
  try {
    if (chunks) yield* withoutLast(encoder as AsyncIterable<Uint8Array>);
    else for await (const piece of encoder) yield piece as Uint8Array;
  } finally {
    encoder.destroy();
  }
}

/** All bytes but the last. */
async function* withoutLast(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let kept: Uint8Array | undefined;
  for await (const piece of pieces) {
    if (kept) yield kept;
    kept = piece;
  }
  if (kept && kept.length > 1) yield kept.subarray(0, -1);
}
