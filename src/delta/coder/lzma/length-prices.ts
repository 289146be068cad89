import type { lzmaLayout } from '../lzma-model.ts';
import { priceOf0, priceOf1, treePrice } from './prices.ts';

export type LengthLayout = ReturnType<typeof lzmaLayout>['matchLength'];

/** Lengths have 2 added to them. */
export const LEAST_LENGTH = 2;
/** The most that a length can be. */
export const MOST_LENGTH = 273;
const SHORT = 8;
/** Room for every length at each place. */
export const LENGTHS = 272;

/** What lengths cost, as last looked up. */
export class LengthPrices {
  /** The price of a length less 2, from `LENGTHS` times the place's lower bits on. */
  readonly prices: Int32Array;
  /** Times that lengths are coded at a place before its prices are looked up again. */
  readonly #due: Int32Array;
  readonly #probs: Uint16Array;
  readonly #at: LengthLayout;
  readonly #count: number;

  /** Of lengths up to `longest`. */
  constructor(probs: Uint16Array, at: LengthLayout, positions: number, longest: number) {
    this.prices = new Int32Array(LENGTHS * positions);
    this.#due = new Int32Array(positions);
    this.#probs = probs;
    this.#at = at;
    this.#count = longest + 1 - LEAST_LENGTH;
    this.update();
  }

  update(): void {
    for (let position = 0; position < this.#due.length; position++) this.#updateAt(position);
  }

  /** Looks the place's prices up again when as many lengths were coded there as have a price. */
  coded(position: number): void {
    const due = (this.#due[position] as number) - 1;
    this.#due[position] = due;
    if (due === 0) this.#updateAt(position);
  }

  #updateAt(position: number): void {
    const probs = this.#probs;
    const { choice, low, mid, high } = this.#at;
    const from = LENGTHS * position;
    const long = priceOf1(probs[choice] as number);
    const longest = long + priceOf1(probs[choice + 1] as number);
    const starts = [priceOf0(probs[choice] as number), long + priceOf0(probs[choice + 1] as number)] as const;
    for (let length = 0; length < this.#count; length++) {
      let price: number;
      if (length < SHORT) price = starts[0] + treePrice(probs, low + SHORT * position, SHORT + length);
      else if (length < 2 * SHORT) price = starts[1] + treePrice(probs, mid + SHORT * position, length);
      else price = longest + treePrice(probs, high, 256 + length - 2 * SHORT);
      this.prices[from + length] = price;
    }
    this.#due[position] = this.#count;
  }
}
