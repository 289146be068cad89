/** An even chance, out of 2^11, in which probabilities of a 0 are counted. */
export const HALF = 1024;
const SCALE_BITS = 11;
/** Probabilities that share a price. */
const SHARED_BITS = 4;
/** Prices are in sixteenths of a bit. */
export const PRICE_BITS = 4;

/** No price is as high. */
export const INFINITE = 2 ** 30;

/** What a bit costs by its probability: the logarithm, by repeated squaring. */
const PRICES = Uint8Array.from({ length: 1 << (SCALE_BITS - SHARED_BITS) }, (_, index) => {
  let square = (index << SHARED_BITS) + (1 << (SHARED_BITS - 1));
  let bits = 0;
  for (let round = 0; round < PRICE_BITS; round++) {
    square *= square;
    bits *= 2;
    for (; square >= 2 ** 16; bits++) square = Math.floor(square / 2);
  }
  return SCALE_BITS * 2 ** PRICE_BITS - 15 - bits;
});

export const priceOf0 = (probability: number): number => PRICES[probability >> SHARED_BITS] as number;
export const priceOf1 = (probability: number): number =>
  PRICES[(probability ^ 2047) >> SHARED_BITS] as number;
const priceOf = (probability: number, bit: number): number =>
  PRICES[(probability ^ (-bit & 2047)) >> SHARED_BITS] as number;

/** A symbol with a 1 before its first bit, coded from its first bit by the tree at `base`. */
export function treePrice(probs: Uint16Array, base: number, marked: number): number {
  let price = 0;
  for (let node = marked; node > 1; node >>= 1)
    price += priceOf(probs[base + (node >> 1)] as number, node & 1);
  return price;
}

/** A symbol of so many bits, coded from its last bit. */
export function reversePrice(probs: Uint16Array, base: number, symbol: number, bits: number): number {
  let price = 0;
  let node = 1;
  for (let at = 0; at < bits; at++) {
    const bit = (symbol >> at) & 1;
    price += priceOf(probs[base + node] as number, bit);
    node = node * 2 + bit;
  }
  return price;
}

/** A byte where another was expected: its bits have models of their own as long as they are the expected ones. */
export function expectedPrice(probs: Uint16Array, base: number, byte: number, expected: number): number {
  let price = 0;
  let mask = 0x100;
  let symbol = byte | 0x100;
  let other = expected;
  do {
    other <<= 1;
    price += priceOf(probs[base + mask + (other & mask) + (symbol >> 8)] as number, (symbol >> 7) & 1);
    symbol <<= 1;
    mask &= ~(other ^ symbol);
  } while (symbol < 0x10000);
  return price;
}
