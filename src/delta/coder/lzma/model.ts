import { type LzmaProps, lzmaLayout } from '../lzma-model.ts';
import { DistancePrices } from './distance-prices.ts';
import { LengthPrices } from './length-prices.ts';
import { expectedPrice, HALF, priceOf0, priceOf1, treePrice } from './prices.ts';

const AFTER_LITERAL = Uint8Array.from([0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 4, 5]);

/** The state after a literal, a match, a match at an earlier distance, and one byte at the last distance. */
export const afterLiteral = (state: number): number => AFTER_LITERAL[state] as number;
export const afterMatch = (state: number): number => (state < 7 ? 7 : 10);
export const afterRepeat = (state: number): number => (state < 7 ? 8 : 11);
export const afterShort = (state: number): number => (state < 7 ? 9 : 11);
/** The states after a literal and then a match, or a match at an earlier distance. */
export const MATCHED = 7;
export const REPEATED = 8;
/** The states after a literal that followed those. */
export const MATCHED_LITERAL = 4;
export const REPEATED_LITERAL = 5;
/** Whether the last symbol was a literal, so that the next one is not compared with what a match would have gone on with. */
export const wasLiteral = (state: number): boolean => state < 7;

export interface ModelOptions {
  readonly props: LzmaProps;
  readonly dictionary: number;
  readonly nice: number;
}

/** What the encoder knows of the data so far: its probabilities, state and last distances, and prices by them. */
export class Model {
  readonly probs: Uint16Array;
  readonly at: ReturnType<typeof lzmaLayout>;
  readonly lengths: LengthPrices;
  readonly repeatLengths: LengthPrices;
  readonly distances: DistancePrices;
  readonly positionMask: number;
  /** The last four distances, the last one first. */
  readonly last = new Int32Array(4).fill(1);
  state = 0;
  readonly #lc: number;
  readonly #lpMask: number;
  readonly #pb: number;

  constructor({ props, dictionary, nice }: ModelOptions) {
    this.at = lzmaLayout(props);
    this.probs = new Uint16Array(this.at.total).fill(HALF);
    this.#lc = props.lc;
    this.#lpMask = 2 ** props.lp - 1;
    this.#pb = props.pb;
    const positions = 2 ** props.pb;
    this.positionMask = positions - 1;
    this.lengths = new LengthPrices(this.probs, this.at.matchLength, positions, nice);
    this.repeatLengths = new LengthPrices(this.probs, this.at.repLength, positions, nice);
    this.distances = new DistancePrices(this.probs, this.at, dictionary);
  }

  /** Where the probabilities of a literal start. */
  literalBase(place: number, before: number): number {
    return this.at.literal + 0x300 * (((place & this.#lpMask) << this.#lc) + (before >> (8 - this.#lc)));
  }

  isMatch(state: number, position: number): number {
    return this.at.isMatch + (state << this.#pb) + position;
  }

  isLong(state: number, position: number): number {
    return this.at.isRep0Long + (state << this.#pb) + position;
  }

  /** The literal at `place`, without the bit that says it is one. */
  literalPrice(data: Uint8Array, place: number, state: number, distance: number): number {
    const base = this.literalBase(place, data[place - 1] as number);
    const byte = data[place] as number;
    return wasLiteral(state)
      ? treePrice(this.probs, base, byte | 0x100)
      : expectedPrice(this.probs, base, byte, data[place - distance] as number);
  }

  /** One byte at the last distance, after the bits that say it is a repeat. */
  shortPrice(state: number, position: number): number {
    const { probs } = this;
    return (
      priceOf0(probs[this.at.isRepG0 + state] as number) +
      priceOf0(probs[this.isLong(state, position)] as number)
    );
  }

  /** Which of the last distances, after the bits that say it is a repeat. */
  repeatPrice(index: number, state: number, position: number): number {
    const { probs, at } = this;
    const first = probs[at.isRepG0 + state] as number;
    if (index === 0) return priceOf0(first) + priceOf1(probs[this.isLong(state, position)] as number);
    const second = probs[at.isRepG1 + state] as number;
    if (index === 1) return priceOf1(first) + priceOf0(second);
    const third = probs[at.isRepG2 + state] as number;
    return priceOf1(first) + priceOf1(second) + (index === 2 ? priceOf0(third) : priceOf1(third));
  }

  /** A match at the last distance, without its length. */
  lastPrice(state: number, position: number): number {
    const { probs, at } = this;
    return (
      priceOf1(probs[this.isMatch(state, position)] as number) +
      priceOf1(probs[at.isRep + state] as number) +
      this.repeatPrice(0, state, position)
    );
  }
}
