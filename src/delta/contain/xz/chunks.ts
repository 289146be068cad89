import type { ByteSource } from '../../../core/source.ts';

/** Bytes of the longest header of a chunk. */
export const CHUNK_HEADER = 6;

export interface Lzma2 {
  /** Bytes up to and with the end mark. */
  readonly length: number;
  /** Bytes that it holds. */
  readonly raw: number;
  /** lc, lp and pb in one byte, as the first compressed chunk has them. */
  readonly props: number | undefined;
}

/** Goes over the chunks of an LZMA2 stream by their headers; `undefined` where it is none, or holds more than `most` bytes. */
export async function walkLzma2(source: ByteSource, start: number, most: number): Promise<Lzma2 | undefined> {
  let raw = 0;
  let props: number | undefined;
  for (let at = start; at < source.length; ) {
    const chunk = readChunk(await source.read(at, Math.min(CHUNK_HEADER, source.length - at)));
    if (!chunk) return undefined;
    at += chunk.length;
    raw += chunk.raw;
    if (at > source.length || raw > most) return undefined;
    props ??= chunk.props;
    if (chunk.raw === 0) return { length: at - start, raw, props };
  }
  return undefined;
}

interface Chunk {
  /** Bytes with its header, and bytes that it holds; none where it is the end mark. */
  readonly length: number;
  readonly raw: number;
  readonly props?: number;
}

/** By a header that is not cut short, unless the stream is. */
function readChunk([control = 0x7f, b1 = 0, b2 = 0, b3 = 0, b4 = 0, props = 0]: Uint8Array):
  | Chunk
  | undefined {
  if (control === 0) return { length: 1, raw: 0 };
  const size = b1 * 256 + b2 + 1;
  if (control < 3) return { length: 3 + size, raw: size };
  if (control < 0x80) return undefined;
  const raw = (control & 31) * 2 ** 16 + size;
  const body = b3 * 256 + b4 + 1;
  return control < 0xc0 ? { length: 5 + body, raw } : { length: CHUNK_HEADER + body, raw, props };
}
