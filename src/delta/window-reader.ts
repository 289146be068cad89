import type { ByteSource } from '../core/source.ts';

const BLOCK = 64 * 1024;

/** Reads a source through one buffered block: steps are short and mostly go forward. What it gives is valid until another is loaded. */
export class WindowReader {
  readonly #source: ByteSource;
  #start = 0;
  #block: Uint8Array = new Uint8Array(0);
  /** What blocks are read into, where the source can. */
  #buffer: Uint8Array | undefined;

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
    const length = Math.min(BLOCK, this.#source.length - at);
    if (this.#source.fill) {
      this.#buffer ??= new Uint8Array(BLOCK);
      // Should reading fail, nothing of the block is ready.
      this.#block = this.#buffer.subarray(0, 0);
      const block = this.#buffer.subarray(0, length);
      await this.#source.fill(at, block);
      this.#block = block;
    } else this.#block = await this.#source.read(at, length);
    this.#start = at;
  }

  /** Copies bytes that are ready; `false` where some are not. */
  copy(at: number, into: Uint8Array): boolean {
    const offset = at - this.#start;
    if (offset < 0 || offset + into.length > this.#block.length) return false;
    into.set(this.#block.subarray(offset, offset + into.length));
    return true;
  }

  /** Copies bytes wherever they are. */
  async fill(at: number, into: Uint8Array): Promise<void> {
    for (let done = 0; done < into.length; ) {
      const count = this.ready(at + done, into.length - done);
      if (count === 0) {
        await this.load(at + done);
        continue;
      }
      into.set(this.view(at + done, count), done);
      done += count;
    }
  }

  /** Bytes that are ready; not to be changed. */
  view(at: number, count: number): Uint8Array {
    return this.#block.subarray(at - this.#start, at - this.#start + count);
  }
}
