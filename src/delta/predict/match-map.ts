/**
 * Where old bytes are in the new image, by the steps that copy them: docs/formats/delta.md, "Prediction". Of two steps that
 * copy the same bytes, one that lies inside the other is left out; else the one that starts later counts.
 */
export class MatchMap {
  readonly #start: Float64Array;
  readonly #end: Float64Array;
  readonly #shift: Float64Array;
  #count = 0;
  /** The last one found: the next is often the same. */
  #last = 0;

  /** The steps in any order, by their old start, their length and their new start. */
  constructor(oldAt: Float64Array, add: Float64Array, newAt: Float64Array) {
    const order = Uint32Array.from(oldAt.keys()).sort(
      (a, b) =>
        (oldAt[a] as number) - (oldAt[b] as number) ||
        (add[b] as number) - (add[a] as number) ||
        (newAt[a] as number) - (newAt[b] as number),
    );
    this.#start = new Float64Array(order.length);
    this.#end = new Float64Array(order.length);
    this.#shift = new Float64Array(order.length);
    let reached = 0;
    for (const index of order) {
      const start = oldAt[index] as number;
      const end = start + (add[index] as number);
      if (end <= reached) continue;
      reached = end;
      this.#start[this.#count] = start;
      this.#end[this.#count] = end;
      this.#shift[this.#count] = (newAt[index] as number) - start;
      this.#count++;
    }
  }

  /** Finds the last step that starts at or before an old place, or the first of all; `false` where there are none. */
  seek(oldAt: number): boolean {
    if (this.#count === 0) return false;
    const last = this.#last;
    if ((this.#start[last] as number) <= oldAt && oldAt < (this.#end[last] as number)) {
      if (last + 1 === this.#count || oldAt < (this.#start[last + 1] as number)) return true;
    }
    let low = 0;
    let high = this.#count - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#start[middle] as number) <= oldAt) low = middle;
      else high = middle - 1;
    }
    this.#last = low;
    return true;
  }

  /** How far the step that was found moves its bytes. */
  get shift(): number {
    return this.#shift[this.#last] as number;
  }
}
