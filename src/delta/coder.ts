import { pipeline, Readable, type Transform } from 'node:stream';
import {
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  createDeflateRaw,
  createInflateRaw,
} from 'node:zlib';
import { type ByteSource, chunks } from '../core/source.ts';
import { invalid } from './format.ts';
import type { CoderPlan } from './memory.ts';

/** Up to this new image the best quality is worth its time, about half a megabyte of streams a second. */
const BEST_UP_TO = 64 * 2 ** 20;
/** Bytes of a delta that are read at a time. */
const INPUT = 64 * 1024;

/** Codes the pieces as one stream. @throws what `raw` throws */
export async function* encode(
  raw: AsyncIterable<Uint8Array>,
  plan: CoderPlan,
  length: number,
): AsyncGenerator<Uint8Array> {
  const encoder = createEncoder(plan, length);
  // One piece ahead: they are as large as a window's limit.
  pipeline(Readable.from(raw, { highWaterMark: 1 }), encoder, () => {});
  try {
    for await (const piece of encoder) yield piece as Uint8Array;
  } finally {
    encoder.destroy();
  }
}

function createEncoder({ coder, windowBits }: CoderPlan, length: number): Transform {
  if (coder === 'deflate') return createDeflateRaw({ windowBits, level: 9, memLevel: 9 });
  return createBrotliCompress({
    params: {
      [constants.BROTLI_PARAM_QUALITY]: length <= BEST_UP_TO ? 11 : 9,
      [constants.BROTLI_PARAM_LGWIN]: windowBits,
    },
  });
}

const createDecoder = ({ coder, windowBits }: CoderPlan) =>
  coder === 'deflate' ? createInflateRaw({ windowBits }) : createBrotliDecompress();

/** Decodes as much as is asked for and no more, so that a bomb costs nothing. */
export class Decoder {
  readonly #body: ByteSource;
  readonly #stream: ReturnType<typeof createDecoder>;
  readonly #pieces: AsyncIterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array(0);
  /** What reading the delta threw; anything else that fails is damage in it. */
  #fault: { readonly error: unknown } | undefined;

  /** @throws OtaError `delta-invalid` when a Brotli stream asks for a larger window than `plan` says */
  static async open(body: ByteSource, plan: CoderPlan): Promise<Decoder> {
    if (body.length === 0) throw invalid('it ends with its header');
    if (plan.coder === 'brotli') checkWindow((await body.read(0, 1))[0] ?? 0, plan.windowBits);
    return new Decoder(body, plan);
  }

  private constructor(body: ByteSource, plan: CoderPlan) {
    this.#body = body;
    this.#stream = createDecoder(plan);
    pipeline(Readable.from(this.#input(), { highWaterMark: 1 }), this.#stream, () => {});
    this.#pieces = this.#stream[Symbol.asyncIterator]();
  }

  /** Fills `into`. @throws OtaError `delta-invalid` on bad data and where there is not as much */
  async read(into: Uint8Array): Promise<void> {
    for (let at = 0; at < into.length; ) {
      if (this.#piece.length === 0 && !(await this.#more())) throw invalid('its streams end too early');
      const count = Math.min(into.length - at, this.#piece.length);
      into.set(this.#piece.subarray(0, count), at);
      this.#piece = this.#piece.subarray(count);
      at += count;
    }
  }

  /** Checks that nothing follows, decoded or not. @throws OtaError `delta-invalid` */
  async finish(): Promise<void> {
    if (this.#piece.length > 0 || (await this.#more())) throw invalid('it goes on after the whole image');
    if (this.#stream.bytesWritten !== this.#body.length) throw invalid('bytes follow its end');
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
      throw this.#fault ? this.#fault.error : invalid('its streams are damaged', undefined, cause);
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
