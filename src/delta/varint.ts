/** The most bytes that a varint takes: 49 bits and a sign. */
export const VARINT_MAX = 8;

/** Writes an integer of 0 to 2^53-1 in groups of 7 bits, low ones first, the high bit set on all but the last; gives the end. */
export function putVarint(into: Uint8Array, at: number, value: number): number {
  let rest = value;
  let end = at;
  while (rest >= 128) {
    into[end++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  into[end++] = rest;
  return end;
}

/** 0, -1, 1, -2, … as 0, 1, 2, 3, … */
export const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

export const unzigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);

/** Reads one stream of a window from its first byte to its last. */
export class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** `undefined` for a varint that is cut short, longer than 8 bytes, not in its shortest form, or past 2^53-1. */
  varint(): number | undefined {
    let value = 0;
    for (let index = 0, scale = 1; index < VARINT_MAX; index++, scale *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) return undefined;
      value += (byte & 127) * scale;
      if (byte >= 128) continue;
      const shortest = byte !== 0 || index === 0;
      return shortest && Number.isSafeInteger(value) ? value : undefined;
    }
    return undefined;
  }

  /** The next `count` bytes, not copied; `undefined` where there are fewer. */
  take(count: number): Uint8Array | undefined {
    if (count > this.left) return undefined;
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }
}
