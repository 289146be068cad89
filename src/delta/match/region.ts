import type { ByteSource } from '../../core/source.ts';
import { breathe } from './breathe.ts';
import { OldIndex } from './old-index.ts';

/** Bytes read or indexed at a time. */
const PIECE = 2 ** 20;
/** Up to this size every place of the old image is indexed, else every fourth: code is aligned, and long matches cross one. */
const DENSE_UP_TO = 16 * 2 ** 20;

/** The part of the old image that is in memory, with its index. */
export class Region {
  readonly #source: ByteSource;
  readonly #buffer: Uint8Array;
  readonly #index: OldIndex;
  #start = 0;
  #loaded = false;
  #indexed = false;

  constructor(source: ByteSource, size: number) {
    const length = Math.min(size, source.length);
    this.#source = source;
    this.#buffer = new Uint8Array(length);
    this.#index = new OldIndex(length, source.length <= DENSE_UP_TO ? 1 : 4);
  }

  /** Where it starts in the old image. */
  get start(): number {
    return this.#start;
  }

  get bytes(): Uint8Array {
    return this.#buffer;
  }

  /** Moves as near as can be to have `middle` of the old image in its middle. */
  async moveTo(middle: number): Promise<void> {
    const size = this.#buffer.length;
    const wanted = Math.floor(middle - size / 2);
    const start = Math.max(0, Math.min(wanted, this.#source.length - size));
    if (this.#loaded && start === this.#start) return;
    const kept = this.#loaded ? this.#keep(start) : { from: 0, to: 0 };
    await this.#load(start, 0, kept.from);
    await this.#load(start, kept.to, size);
    this.#start = start;
    this.#loaded = true;
    this.#indexed = false;
  }

  async index(): Promise<OldIndex> {
    if (this.#indexed) return this.#index;
    this.#index.clear();
    for (let at = 0; at < this.#buffer.length; at += PIECE) {
      this.#index.add(this.#buffer, at, at + PIECE);
      await breathe();
    }
    this.#indexed = true;
    return this.#index;
  }

  /** Moves what it shares with the region at `start` into place; gives which bytes those are. */
  #keep(start: number): { readonly from: number; readonly to: number } {
    const size = this.#buffer.length;
    const shift = start - this.#start;
    if (Math.abs(shift) >= size) return { from: 0, to: 0 };
    this.#buffer.copyWithin(Math.max(0, -shift), Math.max(0, shift), Math.min(size, size + shift));
    return { from: Math.max(0, -shift), to: Math.min(size, size - shift) };
  }

  async #load(start: number, from: number, to: number): Promise<void> {
    for (let at = from; at < to; at += PIECE) {
      this.#buffer.set(await this.#source.read(start + at, Math.min(PIECE, to - at)), at);
    }
  }
}
