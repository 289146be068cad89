import type { Decoder } from './coder.ts';
import { invalid } from './format.ts';
import { Cursor, unzigzag } from './varint.ts';
import { STREAMS, WINDOW_HEADER } from './window-writer.ts';

/** `add` new bytes pair with the old ones from `from` on, the `insert` bytes after them stand alone. */
export interface Control {
  readonly add: number;
  readonly from: number;
  readonly insert: number;
}

/** One window of a delta that is applied; every number is checked before it is used. */
export class Window {
  readonly #controls: Cursor;
  readonly #runs: Cursor;
  readonly #differences: Cursor;
  readonly #insertions: Cursor;
  /** Bytes of the present control that no run has told of yet, then what is left of the present runs. */
  #untold = 0;
  #equal = 0;
  #different = 0;

  /** @throws OtaError `delta-invalid` where its streams are more than `limit` bytes or cut short */
  static async read(decoder: Decoder, limit: number): Promise<Window> {
    const header = new Uint8Array(WINDOW_HEADER);
    await decoder.read(header);
    const view = new DataView(header.buffer);
    const lengths = Array.from({ length: STREAMS }, (_, index) => view.getUint32(4 * index, true));
    const total = lengths.reduce((sum, length) => sum + length, 0);
    if (total > limit) throw invalid(`a window has ${total} bytes, its limit is ${limit}`);
    if (lengths[0] === 0) throw invalid('a window has no controls');
    const bytes = new Uint8Array(total);
    await decoder.read(bytes);
    return new Window(bytes, lengths);
  }

  private constructor(bytes: Uint8Array, lengths: readonly number[]) {
    let end = 0;
    const [controls, runs, differences, insertions] = lengths.map((length) => {
      end += length;
      return new Cursor(bytes.subarray(end - length, end));
    }) as [Cursor, Cursor, Cursor, Cursor];
    this.#controls = controls;
    this.#runs = runs;
    this.#differences = differences;
    this.#insertions = insertions;
  }

  /**
   * The next control, `undefined` when there are no more. `position` is where the old bytes of the one before it end,
   * `left` how many new bytes are not made yet.
   *
   * @throws OtaError `delta-invalid` where it reaches out of an image
   */
  next(position: number, oldLength: number, left: number): Control | undefined {
    if (this.#controls.left === 0) return undefined;
    const add = this.#controls.varint();
    const insert = this.#controls.varint();
    const seek = this.#controls.varint();
    if (add === undefined || insert === undefined || seek === undefined)
      throw invalid('a control is damaged');
    if (add === 0 && insert === 0) throw invalid('a control makes nothing');
    if (insert > left - add) throw invalid('it makes more than the new image');
    const from = position + unzigzag(seek);
    if (from < 0 || add > oldLength - from) throw invalid('it reads outside the old image');
    this.#untold = add;
    return { add, insert, from };
  }

  /** Turns old bytes of the present control into new ones, piece by piece. @throws OtaError `delta-invalid` */
  patch(piece: Uint8Array): void {
    for (let at = 0; at < piece.length; ) {
      if (this.#equal === 0 && this.#different === 0) this.#nextRuns();
      const equal = Math.min(this.#equal, piece.length - at);
      this.#equal -= equal;
      at += equal;
      const count = this.#equal > 0 ? 0 : Math.min(this.#different, piece.length - at);
      const differences = this.#differences.take(count);
      if (!differences) throw invalid('a window has too few differences');
      for (let i = 0; i < count; i++) piece[at + i] = (piece[at + i] as number) + (differences[i] as number);
      this.#different -= count;
      at += count;
    }
  }

  /** The inserted bytes of the present control. @throws OtaError `delta-invalid` */
  insertion(count: number): Uint8Array {
    const bytes = this.#insertions.take(count);
    if (!bytes) throw invalid('a window inserts more than it holds');
    return bytes;
  }

  /** @throws OtaError `delta-invalid` where a stream has bytes that nothing asked for */
  finish(): void {
    const left = this.#runs.left + this.#differences.left + this.#insertions.left;
    if (left > 0) throw invalid('a window holds more than its controls use');
  }

  #nextRuns(): void {
    const equal = this.#runs.varint();
    if (equal === undefined || equal > this.#untold) throw invalid('a run length is damaged');
    this.#untold -= equal;
    this.#equal = equal;
    if (this.#untold === 0) return;
    const different = this.#runs.varint();
    if (different === undefined || different === 0 || different > this.#untold) {
      throw invalid('a run length is damaged');
    }
    this.#untold -= different;
    this.#different = different;
  }
}
