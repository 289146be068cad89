/** Bytes that a key covers; two places with the same key are candidates for a match. */
export const KEY = 8;

const MAX_BITS = 22;

/**
 * Where each 8-byte key occurs in one region of the old image: hash chains over every `stride`-th place.
 *
 * The tables are allocated once for the largest region and used again for each.
 */
export class OldIndex {
  readonly stride: number;
  readonly shift: number;
  /** The latest slot of each hash, -1 where there is none; a slot is a place divided by the stride. */
  readonly head: Int32Array;
  /** The slot before a slot that has the same hash. */
  readonly next: Int32Array;

  constructor(capacity: number, stride: number) {
    const slots = Math.max(1, Math.ceil(capacity / stride));
    const bits = Math.min(MAX_BITS, Math.max(8, 32 - Math.clz32(slots)));
    this.stride = stride;
    this.shift = 32 - bits;
    this.head = new Int32Array(2 ** bits).fill(-1);
    this.next = new Int32Array(slots);
  }

  /** Forgets what it held. */
  clear(): void {
    this.head.fill(-1);
  }

  /** Adds the places from `from` up to `to` in rising order; runs of one byte are left out, their chains lead nowhere. */
  add(region: Uint8Array, from: number, to: number): void {
    const { head, next, stride, shift } = this;
    const view = new DataView(region.buffer, region.byteOffset, region.length);
    const last = Math.min(to, region.length - KEY + 1);
    for (let at = Math.ceil(from / stride) * stride; at < last; at += stride) {
      const low = view.getInt32(at, true);
      const high = view.getInt32(at + 4, true);
      if (low === high && ((low >>> 8) | 0) === (low & 0xffffff)) continue;
      const hash = hashKey(low, high, shift);
      const slot = at / stride;
      next[slot] = head[hash] as number;
      head[hash] = slot;
    }
  }
}

/** A hash of `32 - shift` bits of the 8 bytes in two halves. */
export function hashKey(low: number, high: number, shift: number): number {
  const mixed = Math.imul(low, 0x9e3779b1) ^ Math.imul(high ^ (low >>> 15), 0x85ebca6b);
  return Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35) >>> shift;
}
