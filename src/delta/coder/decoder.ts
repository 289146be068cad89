import type { ByteSource } from '../../core/source.ts';
import { invalid } from '../invalid.ts';
import type { Coding } from './coding.ts';
import { LzmaDamage, LzmaDecoder } from './lzma-decoder.ts';
import { Lzma2Section } from './lzma2-section.ts';
import { StoredDecoder } from './stored.ts';
import { ZlibDecoder } from './zlib-decoder.ts';

/** Decodes a section front to back, no more of it than is asked for, so that a bomb costs nothing. */
export interface Decoder {
  /** At least one byte and at most `most`, valid until the next call. @throws OtaError `delta-invalid` */
  next(most: number): Promise<Uint8Array>;
  /** Checks that the section ends here. @throws OtaError `delta-invalid` */
  finish(): Promise<void>;
  close(): void;
}

/** @throws OtaError `delta-invalid` */
export async function openDecoder(body: ByteSource, coding: Coding, length: number): Promise<Decoder> {
  switch (coding.coder) {
    case 'stored':
      return new StoredDecoder(body);
    case 'lzma':
      return new LzmaSection(body, coding, length);
    case 'lzma2':
      return new Lzma2Section(body, coding, length);
    default:
      return ZlibDecoder.open(body, coding);
  }
}

/** Bytes of a section that are read at a time. */
const INPUT = 64 * 1024;

class LzmaSection implements Decoder {
  readonly #body: ByteSource;
  readonly #decoder: LzmaDecoder;
  #read = 0;

  constructor(body: ByteSource, { props, windowBits }: Coding, length: number) {
    this.#body = body;
    // A section that is shorter than its window never reaches further back than its own start.
    const size = Math.max(1, Math.min(2 ** windowBits, length));
    this.#decoder = new LzmaDecoder(props ?? { lc: 0, lp: 0, pb: 0 }, size);
  }

  async next(most: number): Promise<Uint8Array> {
    for (;;) {
      const last = this.#read === this.#body.length;
      const bytes = this.#run(most, last);
      if (bytes.length > 0) return bytes;
      if (last) throw invalid('a section ends too early');
      const count = Math.min(INPUT, this.#body.length - this.#read);
      this.#decoder.feed(await this.#body.read(this.#read, count));
      this.#read += count;
    }
  }

  /** What may follow is an end marker, which says nothing that the length has not said. */
  async finish(): Promise<void> {
    const left = this.#decoder.left + this.#body.length - this.#read;
    if (left > END_MARKER || this.#decoder.unfinished) {
      throw invalid('a section goes on after its end');
    }
  }

  close(): void {}

  #run(most: number, last: boolean): Uint8Array {
    try {
      return this.#decoder.run(most, last);
    } catch (error) {
      if (error instanceof LzmaDamage) throw invalid('a section is damaged', undefined, error);
      throw error;
    }
  }
}

/** The most bytes that liblzma's end marker and the range coder's end take. */
const END_MARKER = 16;
