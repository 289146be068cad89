import { LEAST_LENGTH, LENGTHS } from './length-prices.ts';
import type { Lookahead } from './lookahead.ts';
import { afterLiteral, type Model } from './model.ts';
import { type Nodes, REPEATS } from './nodes.ts';
import { priceOf0 } from './prices.ts';

/** A place from which ways go on: where it is in the data, how far ahead, and up to how many bytes they may lead. */
export interface Place {
  at: number;
  to: number;
  state: number;
  position: number;
  room: number;
}

/** Notes the ways that a match makes, alone or with what follows it. */
export class Offers {
  readonly nodes: Nodes;
  readonly #model: Model;
  readonly #ahead: Lookahead;

  constructor(nodes: Nodes, model: Model, ahead: Lookahead) {
    this.nodes = nodes;
    this.#model = model;
    this.#ahead = ahead;
  }

  /** A match of every length from one to another, whose price is given without length and distance; gives the price of the longest. */
  matches(place: Place, price: number, least: number, most: number, distance: number): number {
    const { lengths, distances } = this.#model;
    const { nodes } = this;
    const known = nodes.price;
    const prices = lengths.prices;
    const from = place.position * LENGTHS - LEAST_LENGTH;
    const { to } = place;
    const back = distance + REPEATS;
    let far = price + distances.of(distance, least - LEAST_LENGTH);
    let whole = 0;
    for (let length = least; length <= most; length++) {
      // From five bytes on a distance costs the same.
      if (length > least && length <= LEAST_LENGTH + 3)
        far = price + distances.of(distance, length - LEAST_LENGTH);
      whole = far + (prices[from + length] as number);
      if (whole < (known[to + length] as number)) nodes.put(to + length, whole, length, back, 0);
    }
    return whole;
  }

  /** A match at an earlier distance, of every length up to `most`; gives the price of the longest. */
  repeat(place: Place, price: number, most: number, index: number): number {
    const prices = this.#model.repeatLengths.prices;
    const { nodes } = this;
    const known = nodes.price;
    const { to } = place;
    const from = place.position * LENGTHS - LEAST_LENGTH;
    for (let length = most; length >= LEAST_LENGTH; length--) {
      const whole = price + (prices[from + length] as number);
      if (whole < (known[to + length] as number)) nodes.put(to + length, whole, length, index, 0);
    }
    return price + (prices[from + most] as number);
  }

  /** A literal and a match at the last distance; the literal's price is given. */
  literalThenLast(place: Place, price: number, distance: number): void {
    const limit = Math.min(this.#ahead.nice, place.room - 1);
    const length = this.#ahead.run(place.at + 1, distance, 0, limit);
    if (length >= LEAST_LENGTH) this.#last(place, 1, price, length, afterLiteral(place.state), 0, 1);
  }

  /**
   * A match of `length` bytes, a literal, and a match at the same distance. The first one's price is given; `after` is the
   * state after it, `then` the one after the literal.
   */
  thenLiteralThenLast(
    place: Place,
    price: number,
    length: number,
    distance: number,
    after: number,
    then: number,
    back: number,
  ): void {
    const limit = Math.min(this.#ahead.nice, place.room - length - 1);
    const end = place.at + length;
    const second = this.#ahead.run(end + 1, distance, 0, limit);
    if (second < LEAST_LENGTH) return;
    const model = this.#model;
    const isMatch = model.probs[model.isMatch(after, end & model.positionMask)] as number;
    const literal = priceOf0(isMatch) + model.literalPrice(this.#ahead.data, end, after, distance);
    this.#last(place, length + 1, price + literal, second, then, back, length + 1);
  }

  #last(
    place: Place,
    past: number,
    price: number,
    length: number,
    state: number,
    back: number,
    extra: number,
  ): void {
    const model = this.#model;
    const position = (place.at + past) & model.positionMask;
    const end = place.to + past + length;
    const prices = model.repeatLengths.prices;
    const lengths = prices[position * LENGTHS + length - LEAST_LENGTH] as number;
    this.nodes.reach(end);
    this.nodes.offer(end, price + model.lastPrice(state, position) + lengths, length, back, extra);
  }
}
