const TOP = 2 ** 24;
const WORD = 2 ** 32;

/** The range coder of LZMA, with the probabilities that it learns. */
export class RangeEncoder {
  readonly #probs: Uint16Array;
  #out = new Uint8Array(2 ** 16);
  #length = 0;
  #range = WORD - 1;
  /** Below 2^33: what is above 2^32 is carried into the bytes that wait. */
  #low = 0;
  #cache = 0;
  #waiting = 1;

  constructor(probs: Uint16Array) {
    this.#probs = probs;
  }

  bit(index: number, bit: number): void {
    const probability = this.#probs[index] as number;
    const bound = (this.#range >>> 11) * probability;
    if (bit === 0) {
      this.#range = bound;
      this.#probs[index] = probability + ((2048 - probability) >> 5);
    } else {
      this.#low += bound;
      this.#range -= bound;
      this.#probs[index] = probability - (probability >> 5);
    }
    if (this.#range < TOP) this.#shift();
  }

  /** The lowest `bits` bits of a value, the highest first, by the tree at `base`. */
  tree(base: number, value: number, bits: number): void {
    let node = 1;
    for (let at = bits - 1; at >= 0; at--) {
      const bit = (value >> at) & 1;
      this.bit(base + node, bit);
      node = node * 2 + bit;
    }
  }

  /** The same, the lowest first. */
  reverse(base: number, value: number, bits: number): void {
    let node = 1;
    for (let at = 0; at < bits; at++) {
      const bit = (value >> at) & 1;
      this.bit(base + node, bit);
      node = node * 2 + bit;
    }
  }

  /** A byte where another was expected: after the first bit that differs it is coded as any other. */
  expected(base: number, byte: number, expected: number): void {
    let mask = 0x100;
    let symbol = byte | 0x100;
    let other = expected;
    do {
      other <<= 1;
      this.bit(base + mask + (other & mask) + (symbol >> 8), (symbol >> 7) & 1);
      symbol <<= 1;
      mask &= ~(other ^ symbol);
    } while (symbol < 0x10000);
  }

  /** Bits without a model, the highest first. */
  direct(value: number, bits: number): void {
    for (let at = bits - 1; at >= 0; at--) {
      this.#range >>>= 1;
      if ((value >> at) & 1) this.#low += this.#range;
      if (this.#range < TOP) this.#shift();
    }
  }

  /** Everything that was coded, and five bytes that end it. */
  finish(): Uint8Array {
    for (let count = 0; count < 5; count++) this.#shiftLow();
    return this.#out.subarray(0, this.#length);
  }

  #shift(): void {
    this.#range = (this.#range << 8) >>> 0;
    this.#shiftLow();
  }

  #shiftLow(): void {
    const carry = this.#low >= WORD ? 1 : 0;
    if (this.#low < 0xff000000 || carry === 1) {
      this.#byte(this.#cache + carry);
      for (; this.#waiting > 1; this.#waiting--) this.#byte(0xff + carry);
      this.#cache = (this.#low >>> 24) & 0xff;
    } else this.#waiting++;
    this.#low = ((this.#low & 0xffffff) << 8) >>> 0;
  }

  #byte(value: number): void {
    if (this.#length === this.#out.length) {
      const larger = new Uint8Array(2 * this.#out.length);
      larger.set(this.#out);
      this.#out = larger;
    }
    this.#out[this.#length++] = value;
  }
}
