/** Receives a step: `add` new bytes pair with the old ones from `oldAt` on, the `insert` new bytes after them stand alone. */
export type StepSink = (add: number, insert: number, oldAt: number) => void;

const FIRST = 1024;

/**
 * What a match found: the new image from its first byte to its last as steps, each of old bytes with differences and then
 * of new bytes. Every encoder starts from this and the two images.
 */
export class Steps {
  #count = 0;
  #add = new Float64Array(FIRST);
  #insert = new Float64Array(FIRST);
  #oldAt = new Float64Array(FIRST);

  get count(): number {
    return this.#count;
  }

  /** Bytes of the new image that pair with old ones. */
  add(index: number): number {
    return this.#add[index] as number;
  }

  /** Bytes of the new image after those that stand alone. */
  insert(index: number): number {
    return this.#insert[index] as number;
  }

  /** Where the old bytes of the step start; of no meaning where it adds none. */
  oldAt(index: number): number {
    return this.#oldAt[index] as number;
  }

  /** Adds a step at the end; one that goes on where the last one stopped becomes a part of it. */
  push(add: number, insert: number, oldAt: number): void {
    if (add + insert === 0) return;
    const last = this.#count - 1;
    if (last >= 0 && this.#goesOn(last, add, oldAt)) {
      this.#add[last] = this.add(last) + add;
      this.#insert[last] = this.insert(last) + insert;
      return;
    }
    if (this.#count === this.#add.length) this.#grow();
    this.#add[this.#count] = add;
    this.#insert[this.#count] = insert;
    this.#oldAt[this.#count] = oldAt;
    this.#count++;
  }

  #goesOn(last: number, add: number, oldAt: number): boolean {
    if (add === 0) return true;
    return this.insert(last) === 0 && this.oldAt(last) + this.add(last) === oldAt;
  }

  #grow(): void {
    const size = 2 * this.#count;
    const larger = (from: Float64Array) => {
      const to = new Float64Array(size);
      to.set(from);
      return to;
    };
    this.#add = larger(this.#add);
    this.#insert = larger(this.#insert);
    this.#oldAt = larger(this.#oldAt);
  }
}
