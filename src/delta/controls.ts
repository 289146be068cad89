import type { DeltaHeader } from './format.ts';
import { invalid } from './invalid.ts';
import type { SectionReader } from './section-reader.ts';
import { unzigzag } from './varint.ts';

/** `add` new bytes pair with the old ones from `from` on, the `insert` bytes after them stand alone. */
export interface Control {
  readonly add: number;
  readonly from: number;
  readonly insert: number;
}

/** The controls of a delta that is applied, a group in memory at a time. */
export class Controls {
  readonly #section: SectionReader;
  readonly #add: Float64Array;
  readonly #insert: Float64Array;
  readonly #seek: Float64Array;
  /** Steps that are not read yet, and those of the present group: all, and given out. */
  #unread: number;
  #count = 0;
  #next = 0;
  #position = 0;

  constructor(section: SectionReader, { group, steps }: DeltaHeader) {
    const size = Math.min(group, steps);
    this.#section = section;
    this.#unread = steps;
    this.#add = new Float64Array(size);
    this.#insert = new Float64Array(size);
    this.#seek = new Float64Array(size);
  }

  /**
   * The next control; `left` is how many new bytes are not made yet.
   *
   * @throws OtaError `delta-invalid` where it makes nothing or reaches out of an image
   */
  async next(oldLength: number, left: number): Promise<Control> {
    if (this.#next === this.#count) await this.#group();
    const add = this.#add[this.#next] as number;
    const insert = this.#insert[this.#next] as number;
    const from = this.#position + unzigzag(this.#seek[this.#next] as number);
    this.#next++;
    if (add === 0 && insert === 0) throw invalid('a control makes nothing');
    if (insert > left - add) throw invalid('it makes more than the new image');
    if (from < 0 || add > oldLength - from) throw invalid('it reads outside the old image');
    this.#position = from + add;
    return { add, insert, from };
  }

  async #group(): Promise<void> {
    this.#count = Math.min(this.#add.length, this.#unread);
    this.#unread -= this.#count;
    this.#next = 0;
    for (const column of [this.#add, this.#insert, this.#seek]) {
      for (let step = 0; step < this.#count; step++) column[step] = await this.#section.varint();
    }
  }
}
