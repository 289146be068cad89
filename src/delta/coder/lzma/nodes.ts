import { afterLiteral, afterMatch, afterRepeat, afterShort, MATCHED, REPEATED } from './model.ts';
import { INFINITE } from './prices.ts';

/** What a step goes back by: a literal, or an earlier distance by its number, or a distance less 1 after those. */
export const LITERAL = -1;
export const REPEATS = 4;

/** The cheapest known way to each place that is looked ahead to, by how far it is. */
export class Nodes {
  readonly price: Int32Array;
  /** The last step to the place. */
  readonly length: Int32Array;
  readonly back: Int32Array;
  /**
   * 0: the way is that step alone. 1: a literal, and then the step. Else a match of `back` that is 1 shorter, a literal,
   * and then the step at that match's distance.
   */
  readonly extra: Int32Array;
  readonly state: Int32Array;
  readonly #last: Int32Array;
  /** The furthest place that a way leads to. */
  end = 0;

  constructor(count: number) {
    this.price = new Int32Array(count).fill(INFINITE);
    this.length = new Int32Array(count);
    this.back = new Int32Array(count);
    this.extra = new Int32Array(count);
    this.state = new Int32Array(count);
    this.#last = new Int32Array(REPEATS * count);
  }

  /** Starts over from a state and its last distances. */
  start(state: number, last: Int32Array): void {
    this.price.fill(INFINITE, 1, this.end + 1);
    this.end = 0;
    this.state[0] = state;
    this.#last.set(last);
  }

  /** Notes a way that is cheaper than the one that is known. */
  offer(to: number, price: number, length: number, back: number, extra: number): void {
    if (price < (this.price[to] as number)) this.put(to, price, length, back, extra);
  }

  put(to: number, price: number, length: number, back: number, extra: number): void {
    this.price[to] = price;
    this.length[to] = length;
    this.back[to] = back;
    this.extra[to] = extra;
  }

  reach(to: number): void {
    if (this.end < to) this.end = to;
  }

  /** Works out the state after the way to a place, which it gives, and writes the last distances then. */
  arrive(to: number, distances: Int32Array): number {
    const { length, back, extra, state } = this;
    const last = this.#last;
    const by = back[to] as number;
    const more = extra[to] as number;
    const from = to - (length[to] as number) - more;
    const before = state[from] as number;
    let after: number;
    if (length[to] === 1) after = by === 0 ? afterShort(before) : afterLiteral(before);
    else if (more > 0) after = more === 1 && by >= REPEATS ? MATCHED : REPEATED;
    else after = by < REPEATS ? afterRepeat(before) : afterMatch(before);
    // A literal and one byte at the last distance leave the distances as they are.
    const moved = by < REPEATS ? by : REPEATS - 1;
    const at = REPEATS * from;
    for (let index = 0; index < REPEATS; index++) {
      distances[index] = last[at + (index > 0 && index <= moved ? index - 1 : index)] as number;
    }
    if (by > 0) distances[0] = by < REPEATS ? (last[at + by] as number) : by - REPEATS + 1;
    state[to] = after;
    for (let index = 0; index < REPEATS; index++) last[REPEATS * to + index] = distances[index] as number;
    return after;
  }

  /** Turns the way to a place around, so that its steps stand one after the other up to it; gives where the first stands. */
  trace(to: number): number {
    const { length, back, extra } = this;
    let at = to;
    let write = to + 1;
    const step = (bytes: number, by: number) => {
      write--;
      length[write] = bytes;
      back[write] = by;
    };
    while (at > 0) {
      const bytes = length[at] as number;
      const by = back[at] as number;
      const before = extra[at] as number;
      at -= bytes + before;
      step(bytes, before > 1 ? 0 : by);
      if (before === 0) continue;
      step(1, LITERAL);
      if (before > 1) step(before - 1, by);
    }
    return write;
  }
}
