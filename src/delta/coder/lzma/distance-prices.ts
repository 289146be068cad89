import type { lzmaLayout } from '../lzma-model.ts';
import { PRICE_BITS, reversePrice, treePrice } from './prices.ts';

/** Distances below this have a model for all of their bits. */
export const FULL = 128;
/** Slots from this one on have bits without a model. */
const FAR_SLOT = 14;
export const SLOTS = 64;
export const ALIGN_BITS = 4;

/** What is coded first of a distance: its highest two bits, and how many follow. */
export function slotOf(distance: number): number {
  if (distance < 4) return distance;
  const bits = 31 - Math.clz32(distance);
  return 2 * bits + ((distance >> (bits - 1)) & 1);
}

/** How many bits of a distance follow its slot. */
export const bitsAfter = (slot: number): number => (slot < 4 ? 0 : (slot >> 1) - 1);
/** The least distance of a slot. */
export const leastOf = (slot: number): number => (slot < 4 ? slot : (2 | (slot & 1)) << bitsAfter(slot));

/** What distances cost, as last looked up. */
export class DistancePrices {
  readonly #near = new Int32Array(4 * FULL);
  readonly #slots = new Int32Array(4 * SLOTS);
  readonly #align = new Int32Array(1 << ALIGN_BITS);
  readonly #probs: Uint16Array;
  readonly #at: ReturnType<typeof lzmaLayout>;
  readonly #used: number;

  constructor(probs: Uint16Array, at: ReturnType<typeof lzmaLayout>, dictionary: number) {
    this.#probs = probs;
    this.#at = at;
    this.#used = slotOf(dictionary - 1) + 1;
    this.update();
    this.updateAlign();
  }

  /** Of a distance less 1, for a match of a length less 2. */
  of(distance: number, length: number): number {
    const kind = Math.min(length, 3);
    if (distance < FULL) return this.#near[kind * FULL + distance] as number;
    const slot = this.#slots[kind * SLOTS + slotOf(distance)] as number;
    return slot + (this.#align[distance & 15] as number);
  }

  update(): void {
    const probs = this.#probs;
    for (let kind = 0; kind < 4; kind++) {
      for (let slot = 0; slot < this.#used; slot++) {
        const direct = slot < FAR_SLOT ? 0 : bitsAfter(slot) - ALIGN_BITS;
        const price = treePrice(probs, this.#at.slot + SLOTS * kind, SLOTS + slot) + (direct << PRICE_BITS);
        this.#slots[kind * SLOTS + slot] = price;
      }
    }
    for (let distance = 0; distance < FULL; distance++) {
      const slot = slotOf(distance);
      const least = leastOf(slot);
      const base = this.#at.distance + least - slot;
      const rest = reversePrice(probs, base, distance - least, bitsAfter(slot));
      for (let kind = 0; kind < 4; kind++) {
        this.#near[kind * FULL + distance] = (this.#slots[kind * SLOTS + slot] as number) + rest;
      }
    }
  }

  updateAlign(): void {
    for (let value = 0; value < 1 << ALIGN_BITS; value++) {
      this.#align[value] = reversePrice(this.#probs, this.#at.align, value, ALIGN_BITS);
    }
  }
}
