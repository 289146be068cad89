import { LEAST_LENGTH } from './length-prices.ts';
import type { Lookahead } from './lookahead.ts';
import {
  afterMatch,
  afterRepeat,
  MATCHED_LITERAL,
  type Model,
  REPEATED_LITERAL,
  wasLiteral,
} from './model.ts';
import { LITERAL, type Nodes, REPEATS } from './nodes.ts';
import { Offers, type Place } from './offers.ts';
import { INFINITE, priceOf0, priceOf1 } from './prices.ts';

/** Goes on from each place with every symbol that is worth looking at, in the order in which the SDK does: of equals the first stays. */
export class Ways {
  readonly #nodes: Nodes;
  readonly #model: Model;
  readonly #ahead: Lookahead;
  readonly #offers: Offers;
  readonly #old: boolean;
  /** The last distances at the place that is gone on from. */
  readonly #last = new Int32Array(REPEATS);
  readonly #place: Place = { at: 0, to: 0, state: 0, position: 0, room: 0 };

  constructor(nodes: Nodes, model: Model, ahead: Lookahead, old: boolean) {
    this.#nodes = nodes;
    this.#model = model;
    this.#ahead = ahead;
    this.#offers = new Offers(nodes, model, ahead);
    this.#old = old;
  }

  /**
   * Goes on from `start`, where everything is known. `repeats` are the lengths of the matches at the last distances, `longest` that of
   * any other.
   */
  first(start: number, repeats: Int32Array, longest: number, same: boolean, end: number): void {
    const model = this.#model;
    const nodes = this.#nodes;
    const place = this.#place;
    const { probs, state } = model;
    nodes.start(state, model.last);
    nodes.reach(end);
    place.at = start;
    place.to = 0;
    place.state = state;
    place.position = start & model.positionMask;
    const isMatch = probs[model.isMatch(state, place.position)] as number;
    const isRepeat = probs[model.at.isRep + state] as number;
    const literal = model.literalPrice(this.#ahead.data, start, state, model.last[0] as number);
    nodes.offer(1, priceOf0(isMatch) + literal, 1, LITERAL, 0);
    const repeat = priceOf1(isMatch) + priceOf1(isRepeat);
    if (same && (this.#old || repeats[0] === 0)) {
      nodes.offer(1, repeat + model.shortPrice(state, place.position), 1, 0, 0);
    }
    for (let index = 0; index < REPEATS; index++) {
      const most = repeats[index] as number;
      if (most < LEAST_LENGTH) continue;
      this.#offers.repeat(place, repeat + model.repeatPrice(index, state, place.position), most, index);
    }
    const least = Math.max(LEAST_LENGTH, (repeats[0] as number) + 1);
    if (least > longest) return;
    const price = priceOf1(isMatch) + priceOf0(isRepeat);
    const { matches } = this.#ahead;
    let offset = 0;
    while (least > (matches[offset] as number)) offset += 2;
    for (let from = least; from <= longest; offset += 2) {
      const most = Math.min(longest, matches[offset] as number);
      this.#offers.matches(place, price, from, most, matches[offset + 1] as number);
      from = most + 1;
    }
  }

  /** Goes on from a place that is `to` after `start` and was just looked up; `longest` is its longest match. */
  extend(start: number, to: number, longest: number): void {
    const model = this.#model;
    const nodes = this.#nodes;
    const { data, left, nice } = this.#ahead;
    const place = this.#place;
    const at = start + to;
    const state = nodes.arrive(to, this.#last);
    const position = at & model.positionMask;
    place.at = at;
    place.to = to;
    place.state = state;
    place.position = position;
    place.room = Math.min(left, nodes.price.length - 1 - to);
    const distance = this.#last[0] as number;
    const same = data[at] === data[at - distance];
    const reached = nodes.price[to] as number;
    const isMatch = model.probs[model.isMatch(state, position)] as number;
    const isRepeat = model.probs[model.at.isRep + state] as number;
    const match = reached + priceOf1(isMatch);
    const repeat = match + priceOf1(isRepeat);
    const known = nodes.price[to + 1] as number;
    let literal = reached + priceOf0(isMatch);
    let tried = this.#old || !((known < INFINITE && same) || literal > known);
    if (tried) {
      literal += model.literalPrice(data, at, state, distance);
      nodes.offer(to + 1, literal, 1, LITERAL, 0);
      tried = literal >= known;
    }
    if (same) this.#short(place, repeat);
    if (place.room < LEAST_LENGTH) return;
    // Where the literal alone was no cheaper than what was known, it may be so with what follows.
    if (tried && !same && place.room > LEAST_LENGTH) this.#offers.literalThenLast(place, literal, distance);
    const limit = Math.min(place.room, nice);
    const least = this.#repeats(place, repeat, limit);
    this.#matches(place, match + priceOf0(isRepeat), longest, least, limit);
  }

  /** One byte at the last distance; the two editions differ in when they look at it, and in which of equals they keep. */
  #short({ to, state, position }: Place, repeat: number): void {
    const nodes = this.#nodes;
    const next = to + 1;
    const known = nodes.price[next] as number;
    const single = (nodes.length[next] as number) < LEAST_LENGTH;
    const other = nodes.back[next] !== 0;
    const worth = this.#old
      ? single || (other && (nodes.extra[next] as number) <= 1)
      : wasLiteral(state) && repeat < known && (single || other);
    if (!worth) return;
    const price = repeat + this.#model.shortPrice(state, position);
    if (price < known || (this.#old && price === known)) nodes.put(next, price, 1, 0, 0);
  }

  /** Gives the least length that another match is worth being looked at from. */
  #repeats(place: Place, price: number, limit: number): number {
    const { at, to, state, position } = place;
    let least = LEAST_LENGTH;
    for (let index = 0; index < REPEATS; index++) {
      const distance = this.#last[index] as number;
      const length = this.#ahead.run(at, distance, 0, limit);
      if (length < LEAST_LENGTH) continue;
      this.#nodes.reach(to + length);
      const without = price + this.#model.repeatPrice(index, state, position);
      const whole = this.#offers.repeat(place, without, length, index);
      if (index === 0) least = length + 1;
      const after = afterRepeat(state);
      this.#offers.thenLiteralThenLast(place, whole, length, distance, after, REPEATED_LITERAL, index);
    }
    return least;
  }

  #matches(place: Place, price: number, found: number, least: number, limit: number): void {
    const { matches } = this.#ahead;
    const longest = Math.min(found, limit);
    if (longest < least) return;
    this.#nodes.reach(place.to + longest);
    const after = afterMatch(place.state);
    let offset = 0;
    while (least > (matches[offset] as number)) offset += 2;
    for (let from = least; from <= longest; offset += 2) {
      const most = Math.min(longest, matches[offset] as number);
      const distance = matches[offset + 1] as number;
      const whole = this.#offers.matches(place, price, from, most, distance);
      const back = distance + REPEATS;
      this.#offers.thenLiteralThenLast(place, whole, most, distance + 1, after, MATCHED_LITERAL, back);
      from = most + 1;
    }
  }
}
