import type { ByteSource } from '../core/source.ts';

const BLOCK = 64 * 1024;

/** Reads a source through one buffered block: steps are short and mostly go forward. */
export class WindowReader {
  readonly #source: ByteSource;
  #start = 0;
  #block: Uint8Array = new Uint8Array(0);

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** How many of `count` bytes from `at` on are at hand, none where `load` comes first. */
  ready(at: number, count: number): number {
    const offset = at - this.#start;
    return offset < 0 || offset >= this.#block.length ? 0 : Math.min(count, this.#block.length - offset);
  }

  /** Makes the byte at `at` and those that follow it ready. */
  async load(at: number): Promise<void> {
    this.#block = await this.#source.read(at, Math.min(BLOCK, this.#source.length - at));
    this.#start = at;
  }

  /** Bytes that are ready; not to be changed. */
  view(at: number, count: number): Uint8Array {
    return this.#block.subarray(at - this.#start, at - this.#start + count);
  }
}
