import { pipeline, Readable } from 'node:stream';
import { createBrotliDecompress, createInflateRaw } from 'node:zlib';
import { type ByteSource, chunks } from '../../core/source.ts';
import { invalid } from '../invalid.ts';
import type { Coding } from './coding.ts';
import type { Decoder } from './decoder.ts';

/** Bytes of a section that are read at a time. */
const INPUT = 64 * 1024;

const createDecoder = ({ coder, windowBits }: Coding) =>
  coder === 'deflate' ? createInflateRaw({ windowBits }) : createBrotliDecompress();

/** DEFLATE and Brotli, by Node's own decoders. */
export class ZlibDecoder implements Decoder {
  readonly #body: ByteSource;
  readonly #stream: ReturnType<typeof createDecoder>;
  readonly #pieces: AsyncIterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array(0);
  /** What reading the delta threw; anything else that fails is damage in it. */
  #fault: { readonly error: unknown } | undefined;

  /** @throws OtaError `delta-invalid` when a Brotli stream asks for a larger window than `coding` says */
  static async open(body: ByteSource, coding: Coding): Promise<ZlibDecoder> {
    if (body.length === 0) throw invalid('a section ends too early');
    if (coding.coder === 'brotli') checkWindow((await body.read(0, 1))[0] ?? 0, coding.windowBits);
    return new ZlibDecoder(body, coding);
  }

  private constructor(body: ByteSource, coding: Coding) {
    this.#body = body;
    this.#stream = createDecoder(coding);
    pipeline(Readable.from(this.#input(), { highWaterMark: 1 }), this.#stream, () => {});
    this.#pieces = this.#stream[Symbol.asyncIterator]();
  }

  async next(most: number): Promise<Uint8Array> {
    if (this.#piece.length === 0 && !(await this.#more())) throw invalid('a section ends too early');
    const bytes = this.#piece.subarray(0, most);
    this.#piece = this.#piece.subarray(bytes.length);
    return bytes;
  }

  async finish(): Promise<void> {
    if (this.#piece.length > 0 || (await this.#more())) throw invalid('a section goes on after its end');
    if (this.#stream.bytesWritten !== this.#body.length) throw invalid('bytes follow the end of a section');
  }

  close(): void {
    this.#stream.destroy();
  }

  async #more(): Promise<boolean> {
    try {
      const next = await this.#pieces.next();
      this.#piece = next.done ? new Uint8Array(0) : next.value;
      return !next.done;
    } catch (cause) {
      throw this.#fault ? this.#fault.error : invalid('a section is damaged', undefined, cause);
    }
  }

  async *#input(): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks(this.#body, INPUT);
    } catch (error) {
      this.#fault = { error };
      throw error;
    }
  }
}

/** The window of a Brotli stream is in its first byte: RFC 7932, section 9.1. */
function checkWindow(first: number, windowBits: number): void {
  const middle = (first >> 1) & 7;
  const high = (first >> 4) & 7;
  let bits = 16;
  if (first & 1) bits = middle > 0 ? 17 + middle : high > 1 ? 8 + high : 17;
  if ((first & 127) === 0x11) throw invalid('its Brotli window is not of RFC 7932');
  if (bits > windowBits) throw invalid(`its Brotli window has ${bits} bits, it declares ${windowBits}`);
}
