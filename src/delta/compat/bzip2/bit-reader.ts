import type { ByteSource } from '../../../core/source.ts';
import { invalid } from '../../invalid.ts';

/** The most bytes that one block takes: its symbols at 20 bits each, selectors and tables. */
const BLOCK_MOST = 2_500_000;
/** Read at a time where less than a block may take is left. */
const PIECE = 2 ** 16;

/** Reads bits from the highest of each byte on, from a source that is read piece by piece. */
export class BitReader {
  readonly #source: ByteSource;
  #bytes = new Uint8Array(0);
  #at = 0;
  /** Where in the source the bytes at hand end. */
  #loaded = 0;
  #pending = 0;
  #count = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Whether all of the source was used, but for bits that fill its last byte. */
  get ended(): boolean {
    return this.#loaded === this.#source.length && this.#at === this.#bytes.length;
  }

  /** Makes `bits` able to read what a block may have; what is not there yet is read. */
  async fill(): Promise<void> {
    const left = this.#bytes.length - this.#at;
    const more = Math.min(BLOCK_MOST - left, this.#source.length - this.#loaded);
    if (more <= 0 || left >= BLOCK_MOST - PIECE) return;
    const bytes = new Uint8Array(left + more);
    bytes.set(this.#bytes.subarray(this.#at));
    for (let at = 0; at < more; at += PIECE) {
      const piece = await this.#source.read(this.#loaded + at, Math.min(PIECE, more - at));
      bytes.set(piece, left + at);
    }
    this.#loaded += more;
    this.#bytes = bytes;
    this.#at = 0;
  }

  /** At most 24 bits. @throws OtaError `delta-invalid` where the source ends */
  bits(count: number): number {
    while (this.#count < count) {
      if (this.#at === this.#bytes.length) throw invalid('a bzip2 stream ends early');
      this.#pending = ((this.#pending << 8) | (this.#bytes[this.#at++] as number)) & 0x7fff_ffff;
      this.#count += 8;
    }
    this.#count -= count;
    return (this.#pending >>> this.#count) & ((1 << count) - 1);
  }

  bit(): number {
    return this.bits(1);
  }

  /** 32 bits, unsigned. */
  word(): number {
    const high = this.bits(16);
    return high * 65_536 + this.bits(16);
  }
}
