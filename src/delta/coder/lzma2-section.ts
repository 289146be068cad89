import type { ByteSource } from '../../core/source.ts';
import { invalid } from '../invalid.ts';
import type { Coding } from './coding.ts';
import type { Decoder } from './decoder.ts';
import { LzmaDamage, LzmaDecoder } from './lzma-decoder.ts';
import { encodeProps, type LzmaProps } from './lzma-model.ts';

/** What the first byte of a chunk says: docs/formats/delta.md, "LZMA2". */
const [STORED_FIRST, STORED] = [0x01, 0x02];
const [CODED, RESET, PROPERTIES, CODED_FIRST] = [0x80, 0xa0, 0xc0, 0xe0];
/** The longest header of a chunk. */
const HEADER = 6;
/** Bytes of a chunk that its range decoder may leave. */
const REST = 5;

/** A section of LZMA2: chunks of LZMA, and chunks that are not coded, over one window. A chunk's coded bytes are in memory. */
export class Lzma2Section implements Decoder {
  readonly #body: ByteSource;
  readonly #props: LzmaProps;
  readonly #decoder: LzmaDecoder;
  #read = 0;
  /** Bytes of the chunk that are not given out; of one that is not coded, those themselves. */
  #left = 0;
  #stored: Uint8Array | undefined;
  /** Whether a chunk has said by which properties the coded ones are. */
  #told = false;

  constructor(body: ByteSource, { props = { lc: 0, lp: 0, pb: 0 }, windowBits }: Coding, length: number) {
    this.#body = body;
    this.#props = props;
    this.#decoder = new LzmaDecoder(props, Math.max(1, Math.min(2 ** windowBits, length)));
  }

  async next(most: number): Promise<Uint8Array> {
    if (this.#left === 0) await this.#chunk();
    const count = Math.min(most, this.#left);
    const bytes = this.#stored ? this.#decoder.put(this.#stored.subarray(0, count)) : this.#run(count);
    if (this.#stored) this.#stored = this.#stored.subarray(bytes.length);
    this.#left -= bytes.length;
    if (this.#left === 0 && !this.#stored && (this.#decoder.unfinished || this.#decoder.left > REST))
      throw invalid('a section is damaged: a chunk does not end where it says');
    return bytes;
  }

  async finish(): Promise<void> {
    if (this.#left > 0 || this.#read < this.#body.length) throw invalid('a section goes on after its end');
  }

  close(): void {}

  async #chunk(): Promise<void> {
    const header = await this.#body.read(this.#read, Math.min(HEADER, this.#body.length - this.#read));
    const [control = 0, high = 0, low = 0, codedHigh = 0, codedLow = 0, props] = header;
    const first = control === STORED_FIRST || control >= CODED_FIRST;
    if (first !== (this.#read === 0)) throw invalid('a section is damaged: a chunk is of a wrong kind');
    if (control >= CODED) {
      const told = control >= PROPERTIES;
      if (told ? props !== encodeProps(this.#props) : !this.#told)
        throw invalid('a section is damaged: a chunk has other properties');
      this.#told = true;
      this.#left = ((control & 31) << 16) + (high << 8) + low + 1;
      this.#stored = undefined;
      if (control >= RESET) this.#decoder.reset();
      this.#decoder.restart(await this.#take(told ? 6 : 5, (codedHigh << 8) + codedLow + 1));
    } else if (control === STORED || control === STORED_FIRST) {
      this.#left = (high << 8) + low + 1;
      this.#stored = await this.#take(3, this.#left);
    } else throw invalid('a section is damaged: a chunk is of no kind');
  }

  async #take(header: number, length: number): Promise<Uint8Array> {
    const start = this.#read + header;
    if (start + length > this.#body.length) throw invalid('a section ends too early');
    this.#read = start + length;
    return this.#body.read(start, length);
  }

  #run(most: number): Uint8Array {
    try {
      return this.#decoder.run(most, true);
    } catch (error) {
      if (error instanceof LzmaDamage) throw invalid('a section is damaged', undefined, error);
      throw error;
    }
  }
}
