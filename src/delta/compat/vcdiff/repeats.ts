import { integerLength } from './integer.ts';
import { type Part, Parts, WORTH } from './parts.ts';

const HASH_BITS = 16;
const DEPTH = 32;
const KEY = 4;

interface Found {
  readonly from: number;
  readonly length: number;
}
const NOTHING: Found = { from: 0, length: 0 };

/** Finds what is in the same window before, so that a copy can stand for given bytes that come again. */
export class Repeats {
  readonly #heads = new Int32Array(2 ** HASH_BITS);
  readonly #before: Int32Array;

  /** @param most bytes that a window may have */
  constructor(most: number) {
    this.#before = new Int32Array(most);
  }

  /** The parts of a window with copies for given bytes that come again; they may go on over what follows the given ones. */
  find(bytes: Uint8Array, parts: readonly Part[]): readonly Part[] {
    this.#heads.fill(-1);
    const found = new Parts();
    let at = 0;
    let start = 0;
    for (const { kind, from, length } of parts) {
      const end = start + length;
      if (kind === 'old' && end - at >= WORTH) {
        found.add(kind, from + at - start, end - at);
        while (at < end) this.#index(bytes, at++);
      } else at = this.#search(bytes, at, end, found);
      start = end;
    }
    return found.list;
  }

  /** Where the bytes up to `end` are done, which may be behind it. */
  #search(bytes: Uint8Array, start: number, end: number, found: Parts): number {
    let given = start;
    let at = start;
    while (at < end) {
      const here = this.#longest(bytes, at);
      this.#index(bytes, at);
      if (here.length === 0 || this.#longest(bytes, at + 1).length > here.length + 1) {
        at++;
        continue;
      }
      found.add('given', given, at - given);
      found.add('window', here.from, here.length);
      for (const stop = at++ + here.length; at < stop; at++) this.#index(bytes, at);
      given = at;
    }
    found.add('given', given, at - given);
    return at;
  }

  /** The longest that is worth a copy. */
  #longest(bytes: Uint8Array, at: number): Found {
    if (at + KEY > bytes.length) return NOTHING;
    let best = NOTHING;
    let gain = WORTH - 1;
    let from = this.#heads[hash(bytes, at)] as number;
    for (let tries = 0; from >= 0 && tries < DEPTH; tries++) {
      if (bytes[from + best.length] === bytes[at + best.length]) {
        let length = 0;
        while (at + length < bytes.length && bytes[from + length] === bytes[at + length]) length++;
        if (length - integerLength(at - from) >= gain) {
          best = { from, length };
          gain = length - integerLength(at - from) + 1;
        }
      }
      from = this.#before[from] as number;
    }
    return best;
  }

  #index(bytes: Uint8Array, at: number): void {
    if (at + KEY > bytes.length) return;
    const key = hash(bytes, at);
    this.#before[at] = this.#heads[key] as number;
    this.#heads[key] = at;
  }
}

function hash(bytes: Uint8Array, at: number): number {
  const word =
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24);
  return Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS);
}
