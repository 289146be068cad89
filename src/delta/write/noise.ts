import type { Raw } from './spool.ts';

/** Bytes whose frequencies are counted together. */
const BLOCK = 4096;
/**
 * The G statistic of the frequencies of 4096 random bytes is 255 on average, and 23 its deviation: six of them above is no accident in
 * any file.
 */
const G_MOST = 400;
/** One place in so many is remembered, in 2^20 slots: repeats of 39 bytes are found that are up to 32 MiB apart. */
const [EVERY, SLOT_BITS] = [32, 20];
/** Bytes that count as the same when their keys are. */
const KEY = 8;

/** Whether bytes look like noise, as what is compressed or encrypted does: no coder would make anything of them. */
export async function isNoise(raw: Raw): Promise<boolean> {
  const repeats = new Repeats();
  const frequencies = new Uint32Array(256);
  // The last block has what would be too short for one of its own.
  let room = raw.length < 2 * BLOCK ? raw.length : BLOCK;
  let left = raw.length;
  for await (const piece of raw.pieces()) {
    if (repeats.found(piece)) return false;
    for (let at = 0; at < piece.length; ) {
      const end = Math.min(piece.length, at + room);
      left -= end - at;
      room -= end - at;
      for (; at < end; at++) (frequencies[piece[at] as number] as number)++;
      if (room > 0) continue;
      if (statistic(frequencies) > G_MOST) return false;
      frequencies.fill(0);
      room = left < 2 * BLOCK ? left : BLOCK;
    }
  }
  return true;
}

/** How far frequencies are from even ones. */
function statistic(frequencies: Uint32Array): number {
  let total = 0;
  let sum = 0;
  for (const count of frequencies) {
    total += count;
    if (count > 0) sum += count * Math.log(count);
  }
  return total === 0 ? 0 : 2 * (sum - total * Math.log(total / 256));
}

/** Looks for bytes that were there before; not over the ends of pieces. */
class Repeats {
  readonly #slots = new Uint32Array(2 ** SLOT_BITS);

  found(piece: Uint8Array): boolean {
    const slots = this.#slots;
    let [high, low] = [0, 0];
    for (let at = 0; at < piece.length; at++) {
      high = (high << 8) | (low >>> 24);
      low = (low << 8) | (piece[at] as number);
      if (at < KEY - 1) continue;
      const slot = (Math.imul(high, 0x9e3779b1) ^ Math.imul(low, 0x85ebca6b)) >>> (32 - SLOT_BITS);
      const key = (Math.imul(high, 0x2c1b3c6d) + Math.imul(low, 0x297a2d39)) >>> 0;
      // A key of 0 is none.
      if (key !== 0 && slots[slot] === key) return true;
      if (at % EVERY === 0) slots[slot] = key;
    }
    return false;
  }
}
