import type { ByteSource } from '../core/source.ts';

const BLOCK = 64 * 1024;

/** Reads the old image through one buffered block: steps are short and mostly go forward. */
export class OldReader {
  readonly #source: ByteSource;
  #start = 0;
  #block = new Uint8Array(0);

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** A copy of the bytes from `at` on: as many as one block gives, at most `count`, at least one. */
  async read(at: number, count: number): Promise<Uint8Array> {
    if (at < this.#start || at >= this.#start + this.#block.length) {
      this.#block = new Uint8Array(await this.#source.read(at, Math.min(BLOCK, this.#source.length - at)));
      this.#start = at;
    }
    return this.#block.slice(at - this.#start, at - this.#start + count);
  }
}
