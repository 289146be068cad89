import { type ByteSource, checkRange } from '../../core/source.ts';
import { StreamDamage } from './codec.ts';
import { type OldStream, unpackedLength } from './packing.ts';

export interface UnpackedOptions {
  /** Bytes of unpacked streams that are kept; the last one always is. */
  readonly keep: number;
  /** Bytes that may be unpacked in all, where the image is not trusted to be read sensibly. */
  readonly budget?: number;
  /** What is thrown where a stream is not what it is said to be, or too much would be unpacked. */
  readonly fault: (cause: StreamDamage) => Error;
}

/** An image as it is with its packed streams replaced by what they hold. A stream is unpacked when it is first read. */
export class UnpackedImage implements ByteSource {
  readonly length: number;
  readonly #image: ByteSource;
  readonly #streams: readonly OldStream[];
  readonly #keep: number;
  readonly #fault: (cause: StreamDamage) => Error;
  /** Where the bytes of each stream start here. */
  readonly #starts: Float64Array;
  /** Streams that are kept, the one that was used last at the end. */
  readonly #kept = new Map<number, Uint8Array>();
  #keptBytes = 0;
  #budget: number;

  /** The streams are in the order of their places and do not overlap. */
  constructor(image: ByteSource, streams: readonly OldStream[], options: UnpackedOptions) {
    this.#image = image;
    this.#streams = streams;
    this.#keep = options.keep;
    this.#fault = options.fault;
    this.#budget = options.budget ?? Number.POSITIVE_INFINITY;
    this.length = unpackedLength(image.length, streams);
    this.#starts = new Float64Array(streams.length);
    let shift = 0;
    for (const [index, { offset, length, raw }] of streams.entries()) {
      this.#starts[index] = offset + shift;
      shift += raw - length;
    }
  }

  /** @throws what `fault` gives */
  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(this.length, offset, length);
    const first = await this.#piece(offset, length);
    if (first.length === length) return first;
    const bytes = new Uint8Array(length);
    bytes.set(first);
    for (let done = first.length; done < length; ) {
      const piece = await this.#piece(offset + done, length - done);
      bytes.set(piece, done);
      done += piece.length;
    }
    return bytes;
  }

  /** Bytes from `at` on that are in one place, at most `most`. */
  async #piece(at: number, most: number): Promise<Uint8Array> {
    if (most === 0) return new Uint8Array(0);
    const index = this.#last(at);
    const stream = this.#streams[index];
    const next = this.#starts[index + 1] ?? this.length;
    if (!stream) return this.#image.read(at, Math.min(most, next - at));
    const start = this.#starts[index] as number;
    if (at < start + stream.raw) {
      const raw = await this.#unpack(index, stream);
      return raw.subarray(at - start, at - start + most);
    }
    const behind = at - start - stream.raw;
    return this.#image.read(stream.offset + stream.length + behind, Math.min(most, next - at));
  }

  /** The last stream that starts at `at` or before; -1 where none does. */
  #last(at: number): number {
    let [from, to] = [0, this.#starts.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#starts[middle] as number) <= at) from = middle + 1;
      else to = middle;
    }
    return from - 1;
  }

  async #unpack(index: number, stream: OldStream): Promise<Uint8Array> {
    const kept = this.#kept.get(index);
    if (kept) {
      this.#kept.delete(index);
      this.#kept.set(index, kept);
      return kept;
    }
    this.#budget -= stream.raw;
    if (this.#budget < 0) throw this.#fault(new StreamDamage('streams are unpacked over and over again'));
    for (const [oldest, bytes] of this.#kept) {
      if (this.#keptBytes + stream.raw <= this.#keep) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= bytes.length;
    }
    const raw = await this.#unpackNow(stream);
    this.#kept.set(index, raw);
    this.#keptBytes += raw.length;
    return raw;
  }

  async #unpackNow({ offset, length, raw, packer }: OldStream): Promise<Uint8Array> {
    const packed = await this.#image.read(offset, length);
    try {
      const bytes = await packer.codec.decode(packed, raw, packer.params);
      if (bytes.length === raw) return bytes;
      throw new StreamDamage(`a stream holds ${bytes.length} bytes, not ${raw}`);
    } catch (error) {
      throw error instanceof StreamDamage ? this.#fault(error) : error;
    }
  }
}
