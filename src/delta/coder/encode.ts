import { pipeline, Readable, type Transform } from 'node:stream';
import { constants, createBrotliCompress, createDeflateRaw } from 'node:zlib';
import type { Coding } from './coding.ts';
import { type Effort, encodeLzma } from './lzma-encoder.ts';

/** Codes the pieces, `length` bytes in all, as one stream. @throws what `raw` throws */
export function encode(
  raw: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  coding: Coding,
  length: number,
  effort: Effort = 'best',
): AsyncIterable<Uint8Array> {
  const { coder, windowBits, props } = coding;
  switch (coder) {
    case 'stored':
      return Readable.from(raw);
    case 'lzma':
    case 'lzma2': {
      const chunks = coder === 'lzma2';
      return encodeLzma(raw, { props: props ?? { lc: 3, lp: 0, pb: 0 }, windowBits, length, effort, chunks });
    }
    case 'deflate':
      return through(raw, createDeflateRaw({ windowBits, level: 9, memLevel: 9 }));
    case 'brotli': {
      const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: windowBits };
      return through(raw, createBrotliCompress({ params }));
    }
  }
}

async function* through(
  raw: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  encoder: Transform,
): AsyncGenerator<Uint8Array> {
  pipeline(Readable.from(raw, { highWaterMark: 1 }), encoder, () => {});
  try {
    for await (const piece of encoder) yield piece as Uint8Array;
  } finally {
    encoder.destroy();
  }
}
