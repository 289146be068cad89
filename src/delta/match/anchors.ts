import type { ByteSource } from '../../core/source.ts';
import { chunks } from '../../core/source.ts';
import { breathe } from './breathe.ts';
import { viewOf } from './extend.ts';
import { hashKey } from './old-index.ts';

/** About how many places of the old image are remembered, and at least how many bytes lie between two on average. */
const PLACES = 2 ** 16;
const LEAST_BITS = 12;
/** Bytes that decide whether a place is an anchor: each shifts the rolling hash by one bit of 32. */
const WINDOW = 32;

/** A fixed word for each byte value, from a linear congruence. */
const GEAR = Int32Array.from({ length: 256 }, (_, index) => {
  let word = index + 1;
  for (let round = 0; round < 8; round++) word = (Math.imul(word, 1664525) + 1013904223) ^ (word >>> 13);
  return word;
});

/**
 * Places that content chooses, all over the old image, so that a tile finds the region that it comes from however far
 * it has moved. Content that occurs more than once tells nothing and is left out.
 */
export class Anchors {
  readonly #mask: number;
  /** The place of each anchor by its hash, `AMBIGUOUS` where it has several. */
  readonly #places = new Map<number, number>();

  static async of(old: ByteSource): Promise<Anchors> {
    const anchors = new Anchors(old.length);
    let start = 0;
    for await (const piece of chunks(old)) {
      const from = start;
      anchors.#scan(piece, (key, at) => anchors.#remember(key, from + at));
      start += piece.length;
      await breathe();
    }
    return anchors;
  }

  private constructor(length: number) {
    const bits = Math.max(LEAST_BITS, Math.ceil(Math.log2(length / PLACES)));
    this.#mask = -1 << (32 - Math.min(31, bits));
  }

  /** The middle of the `size` old bytes that hold most of the tile's anchors; `middle` unless another is clearly better. */
  locate(tile: Uint8Array, size: number, middle: number): number {
    const places: number[] = [];
    this.#scan(tile, (key) => {
      const place = this.#places.get(key);
      if (place !== undefined && place !== AMBIGUOUS) places.push(place);
    });
    places.sort((a, b) => a - b);
    const expected = places.filter((place) => Math.abs(place - middle) < size / 2).length;
    let most = 2 * expected;
    let best = middle;
    for (let first = 0, last = 0; last < places.length; last++) {
      while ((places[last] as number) - (places[first] as number) >= size) first++;
      if (last - first + 1 <= most) continue;
      most = last - first + 1;
      best = ((places[first] as number) + (places[last] as number)) / 2;
    }
    return best;
  }

  #remember(key: number, place: number): void {
    this.#places.set(key, this.#places.has(key) ? AMBIGUOUS : place);
  }

  #scan(bytes: Uint8Array, found: (key: number, at: number) => void): void {
    const mask = this.#mask;
    const view = viewOf(bytes);
    let hash = 0;
    for (let at = 0; at < bytes.length; at++) {
      hash = ((hash << 1) + (GEAR[bytes[at] as number] as number)) | 0;
      if ((hash & mask) !== 0 || at < WINDOW) continue;
      found(hashKey(view.getInt32(at - 7), view.getInt32(at - 3) ^ hash, 0), at);
    }
  }
}

const AMBIGUOUS = -1;
