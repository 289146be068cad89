import { type LzmaProps, lzmaLayout } from './lzma-model.ts';

/** The most bytes of input that one symbol takes. */
export const SYMBOL = 32;

const HALF = 1024;
const TOP = 0x1000000;
const LEAST_MATCH = 2;

/** What an LZMA stream says that no encoder writes. */
export class LzmaDamage extends Error {}

/**
 * Decodes a raw LZMA stream of known length into its dictionary, a stretch at a time. What it holds are the dictionary and
 * the probabilities; input is given as it comes.
 */
export class LzmaDecoder {
  readonly #at: ReturnType<typeof lzmaLayout>;
  readonly #props: LzmaProps;
  readonly #probs: Uint16Array;
  readonly #dictionary: Uint8Array;
  #input: Uint8Array = new Uint8Array(0);
  #inputAt = 0;
  #started = false;
  #range = -1 >>> 0;
  #code = 0;
  #state = 0;
  #rep0 = 0;
  #rep1 = 0;
  #rep2 = 0;
  #rep3 = 0;
  /** Bytes of the last match that are still to be copied. */
  #pending = 0;
  #pos = 0;
  #total = 0;

  /** `size` is of the dictionary: no match reaches further back. */
  constructor(props: LzmaProps, size: number) {
    this.#props = props;
    this.#at = lzmaLayout(props);
    this.#probs = new Uint16Array(this.#at.total).fill(HALF);
    this.#dictionary = new Uint8Array(size);
  }

  /** Bytes of input that are not used yet. */
  get left(): number {
    return this.#input.length - this.#inputAt;
  }

  /** Whether a match goes on after the last byte that was taken. */
  get unfinished(): boolean {
    return this.#pending > 0;
  }

  /** Gives more input, after what is left of the last. */
  feed(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.left + bytes.length);
    joined.set(this.#input.subarray(this.#inputAt));
    joined.set(bytes, this.left);
    this.#input = joined;
    this.#inputAt = 0;
  }

  /**
   * Decodes at most `most` bytes, fewer where the input or the dictionary's end comes first; `last` says that no input
   * follows. The bytes are valid until the next call.
   *
   * @throws LzmaDamage
   */
  run(most: number, last: boolean): Uint8Array {
    const start = this.#pos === this.#dictionary.length ? 0 : this.#pos;
    this.#pos = start;
    if (!this.#started && !this.#start(last)) return this.#dictionary.subarray(start, start);
    const stop = Math.min(start + most, this.#dictionary.length);
    const enough = last ? 0 : SYMBOL;
    if (this.#pending > 0) this.#copy(stop);
    while (this.#pos < stop && this.left >= enough) this.#symbol(stop);
    return this.#dictionary.subarray(start, this.#pos);
  }

  /** Forgets what it has learned, not what it has decoded. */
  reset(): void {
    this.#probs.fill(HALF);
    this.#state = 0;
    this.#rep0 = this.#rep1 = this.#rep2 = this.#rep3 = 0;
  }

  /** Goes on with another range coder, of which these are all bytes. */
  restart(bytes: Uint8Array): void {
    this.#input = bytes;
    this.#inputAt = 0;
    this.#started = false;
    this.#range = -1 >>> 0;
    this.#code = 0;
  }

  /** Takes bytes as decoded that were not coded; fewer of them where the dictionary's end comes first. */
  put(bytes: Uint8Array): Uint8Array {
    const start = this.#pos === this.#dictionary.length ? 0 : this.#pos;
    const taken = bytes.subarray(0, this.#dictionary.length - start);
    this.#dictionary.set(taken, start);
    this.#pos = start + taken.length;
    this.#total += taken.length;
    return taken;
  }

  #start(last: boolean): boolean {
    if (this.left < 5) {
      if (last) throw new LzmaDamage('it ends too early');
      return false;
    }
    if (this.#input[this.#inputAt] !== 0) throw new LzmaDamage('it starts with a byte that is not 0');
    for (let i = 1; i < 5; i++)
      this.#code = ((this.#code << 8) | (this.#input[this.#inputAt + i] as number)) >>> 0;
    this.#inputAt += 5;
    this.#started = true;
    return true;
  }

  #symbol(stop: number): void {
    const at = this.#at;
    const position = this.#total & ((1 << this.#props.pb) - 1);
    const state = this.#state;
    if (this.#bit(at.isMatch + (state << this.#props.pb) + position) === 0) {
      this.#literal();
      return;
    }
    if (this.#bit(at.isRep + state) === 0) {
      this.#rep3 = this.#rep2;
      this.#rep2 = this.#rep1;
      this.#rep1 = this.#rep0;
      this.#state = state < 7 ? 7 : 10;
      const length = this.#length(at.matchLength, position);
      this.#rep0 = this.#distance(length);
      this.#pending = length + LEAST_MATCH;
    } else if (!this.#repeat(state, position)) return;
    if (this.#rep0 >= Math.min(this.#total, this.#dictionary.length)) {
      throw new LzmaDamage('a match reaches before the dictionary');
    }
    this.#copy(stop);
  }

  /** Which earlier distance comes again; `false` when it was one byte and is done. */
  #repeat(state: number, position: number): boolean {
    const at = this.#at;
    if (this.#total === 0) throw new LzmaDamage('a match before the first byte');
    if (this.#bit(at.isRepG0 + state) === 0) {
      if (this.#bit(at.isRep0Long + (state << this.#props.pb) + position) === 0) {
        this.#state = state < 7 ? 9 : 11;
        this.#pending = 1;
        return true;
      }
    } else {
      let distance = this.#rep1;
      if (this.#bit(at.isRepG1 + state) !== 0) {
        distance = this.#rep2;
        if (this.#bit(at.isRepG2 + state) !== 0) {
          distance = this.#rep3;
          this.#rep3 = this.#rep2;
        }
        this.#rep2 = this.#rep1;
      }
      this.#rep1 = this.#rep0;
      this.#rep0 = distance;
    }
    this.#state = state < 7 ? 8 : 11;
    this.#pending = this.#length(at.repLength, position) + LEAST_MATCH;
    return true;
  }

  #literal(): void {
    const { lc, lp } = this.#props;
    const dictionary = this.#dictionary;
    const before = this.#total === 0 ? 0 : (dictionary[this.#back(0)] as number);
    const context = ((this.#total & ((1 << lp) - 1)) << lc) + (before >> (8 - lc));
    const base = this.#at.literal + 0x300 * context;
    let symbol = 1;
    if (this.#state >= 7) {
      let match = dictionary[this.#back(this.#rep0)] as number;
      do {
        const bit = (match >> 7) & 1;
        match <<= 1;
        const decoded = this.#bit(base + ((1 + bit) << 8) + symbol);
        symbol = (symbol << 1) | decoded;
        if (bit !== decoded) break;
      } while (symbol < 0x100);
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.#bit(base + symbol);
    dictionary[this.#pos++] = symbol;
    this.#total++;
    const state = this.#state;
    this.#state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
  }

  #length(at: ReturnType<typeof lzmaLayout>['matchLength'], position: number): number {
    if (this.#bit(at.choice) === 0) return this.#tree(at.low + (position << 3), 3);
    if (this.#bit(at.choice + 1) === 0) return 8 + this.#tree(at.mid + (position << 3), 3);
    return 16 + this.#tree(at.high, 8);
  }

  #distance(length: number): number {
    const slot = this.#tree(this.#at.slot + (Math.min(length, 3) << 6), 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const base = ((2 | (slot & 1)) << bits) >>> 0;
    if (slot < 14) return base + this.#reverse(this.#at.distance + base - slot, bits);
    let direct = 0;
    for (let i = bits - 4; i > 0; i--) {
      this.#normalize();
      this.#range >>>= 1;
      if (this.#code >= this.#range) {
        this.#code -= this.#range;
        direct = ((direct << 1) | 1) >>> 0;
      } else direct = (direct << 1) >>> 0;
    }
    return base + direct * 16 + this.#reverse(this.#at.align, 4);
  }

  #tree(base: number, bits: number): number {
    let symbol = 1;
    for (let i = 0; i < bits; i++) symbol = (symbol << 1) | this.#bit(base + symbol);
    return symbol - (1 << bits);
  }

  #reverse(base: number, bits: number): number {
    let symbol = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.#bit(base + symbol);
      symbol = (symbol << 1) | bit;
      value |= bit << i;
    }
    return value;
  }

  #bit(index: number): number {
    if (this.#range < TOP) {
      this.#range = (this.#range << 8) >>> 0;
      this.#code = ((this.#code << 8) | this.#byte()) >>> 0;
    }
    const probability = this.#probs[index] as number;
    const bound = (this.#range >>> 11) * probability;
    if (this.#code < bound) {
      this.#range = bound;
      this.#probs[index] = probability + ((2048 - probability) >> 5);
      return 0;
    }
    this.#range -= bound;
    this.#code -= bound;
    this.#probs[index] = probability - (probability >> 5);
    return 1;
  }

  #normalize(): void {
    if (this.#range >= TOP) return;
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | this.#byte()) >>> 0;
  }

  #byte(): number {
    if (this.#inputAt >= this.#input.length) throw new LzmaDamage('it ends too early');
    return this.#input[this.#inputAt++] as number;
  }

  /** The place of the byte `distance` before the last. */
  #back(distance: number): number {
    const place = this.#pos - distance - 1;
    return place < 0 ? place + this.#dictionary.length : place;
  }

  #copy(stop: number): void {
    const dictionary = this.#dictionary;
    const count = Math.min(this.#pending, stop - this.#pos);
    let from = this.#back(this.#rep0);
    for (let i = 0; i < count; i++) {
      dictionary[this.#pos++] = dictionary[from++] as number;
      if (from === dictionary.length) from = 0;
    }
    this.#pending -= count;
    this.#total += count;
  }
}
