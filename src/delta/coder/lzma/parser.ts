import { MOST_LENGTH } from './length-prices.ts';
import { Lookahead } from './lookahead.ts';
import type { MatchTree } from './match-tree.ts';
import type { Model } from './model.ts';
import { LITERAL, Nodes, REPEATS } from './nodes.ts';
import { Ways } from './ways.ts';

/** Places that are looked ahead to. */
const AHEAD = { current: 2 ** 11, old: 2 ** 12 } as const;
/** So many before the end of those, the current edition takes the cheapest way that it has. */
const RESERVE = 64;

/** The edition of the LZMA SDK whose choices are made: `old` up to 18.05, `current` since. */
export type Edition = keyof typeof AHEAD;

/** Decides what the data is coded as, by prices, as the LZMA SDK does in its normal mode. */
export class Parser {
  /** What the last step goes back by. */
  back = LITERAL;
  readonly #model: Model;
  readonly #nodes: Nodes;
  readonly #ahead: Lookahead;
  readonly #ways: Ways;
  readonly #reserve: number;
  readonly #repeats = new Int32Array(REPEATS);
  /** The steps that are decided: where the next one stands in the nodes, and where they end. */
  #next = 0;
  #end = 0;
  /** The longest match of a place that was looked up and not gone on from. */
  #longest = 0;

  constructor(tree: MatchTree, model: Model, nice: number, edition: Edition) {
    const old = edition === 'old';
    this.#model = model;
    this.#nodes = new Nodes(AHEAD[edition]);
    this.#ahead = new Lookahead(tree, nice);
    this.#ways = new Ways(this.#nodes, model, this.#ahead, old);
    this.#reserve = old ? Number.POSITIVE_INFINITY : AHEAD[edition] - RESERVE;
  }

  /** The first byte is a literal, whatever it is. */
  first(): void {
    this.#ahead.next();
    this.back = LITERAL;
  }

  /** How many bytes the next symbol, which starts at `at`, stands for; `back` says how. */
  step(at: number): number {
    if (this.#next === this.#end) {
      const decided = this.#decide(at);
      if (decided > 0) return decided;
    }
    this.back = this.#nodes.back[this.#next] as number;
    return this.#nodes.length[this.#next++] as number;
  }

  /** Says that so many bytes are coded; gives whether everything that was looked ahead to is. */
  coded(bytes: number): boolean {
    this.#ahead.coded(bytes);
    return this.#ahead.places === 0;
  }

  /** Decides the next step, whose length it gives, or with 0 some more of them. */
  #decide(at: number): number {
    const ahead = this.#ahead;
    const { data, matches, nice } = ahead;
    const longest = ahead.places === 0 ? ahead.next() : this.#longest;
    if (ahead.left < 2) return this.#take(1, LITERAL);
    const best = this.#findRepeats(at);
    const repeated = this.#repeats[best] as number;
    if (repeated >= nice) return this.#take(repeated, best);
    if (longest >= nice) return this.#take(longest, (matches[ahead.count - 1] as number) + REPEATS);
    const same = data[at] === data[at - (this.#model.last[0] as number)];
    const end = Math.max(longest, repeated);
    if (end < 2 && !same) return this.#take(1, LITERAL);
    this.#ways.first(at, this.#repeats, longest, same, Math.max(1, end));
    this.#end = this.#search(at) + 1;
    this.#next = this.#nodes.trace(this.#end - 1);
    return 0;
  }

  /** Which of the last distances has the longest match. */
  #findRepeats(at: number): number {
    const { left } = this.#ahead;
    const limit = Math.min(left, MOST_LENGTH);
    let best = 0;
    for (let index = 0; index < REPEATS; index++) {
      const length = this.#ahead.run(at, this.#model.last[index] as number, 0, limit);
      this.#repeats[index] = length < 2 ? 0 : length;
      if (length > (this.#repeats[best] as number)) best = index;
    }
    return best;
  }

  #take(length: number, back: number): number {
    this.back = back;
    if (length > 1) this.#ahead.skip(length - 1);
    return length;
  }

  /** Goes on place by place until every way meets, or a match is long enough to be taken; gives how far that is. */
  #search(at: number): number {
    for (let to = 1; to < this.#nodes.end; to++) {
      if (to >= this.#reserve) return this.#cheapest(to);
      if (this.#ahead.dull) {
        this.#ahead.skip(1);
        continue;
      }
      const length = this.#ahead.next();
      if (length >= this.#ahead.nice) {
        this.#longest = length;
        return to;
      }
      this.#ways.extend(at, to, length);
    }
    return this.#nodes.end;
  }

  /** The place from `from` on that the cheapest way leads to, the furthest of equals. */
  #cheapest(from: number): number {
    const { price, end } = this.#nodes;
    let best = from;
    for (let to = from + 1; to <= end; to++) if ((price[best] as number) >= (price[to] as number)) best = to;
    if (best > from) this.#ahead.skip(best - from);
    return best;
  }
}
