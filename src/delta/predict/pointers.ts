import type { Cell, References, Truth } from './references.ts';
import { half, putHalf, putWord, trueHalf, trueWord, word } from './words.ts';

/** One word that may be an address less `base`; whether it is. Bit 0, which says Thumb in an address of code, stays. */
export function absoluteWord(
  { bytes, program }: Cell,
  at: number,
  references: References,
  truth: Truth | undefined,
  base: number,
): boolean {
  const value = word(bytes, at) >>> 0;
  const odd = value & 1;
  const target = value - odd + base;
  const predicted = references.predict(program, target);
  if (predicted < 0) return false;
  putWord(bytes, at, predicted + odd - base);
  if (truth) {
    const found = (trueWord(truth, at) >>> 0) - odd + base;
    if (Math.abs(found - target) < NEAR) references.learn(program, target, predicted, found);
  }
  return true;
}

/** A pointer that became another one is not the same target, moved. */
const NEAR = 2 ** 24;

/** Aligned words of 4 bytes that are addresses less `base`. */
export function absolute32(cell: Cell, references: References, truth: Truth | undefined, base: number): void {
  for (let at = -cell.oldAddress & 3; at + 4 <= cell.length; at += 4) {
    if (word(cell.bytes, at) !== 0) absoluteWord(cell, at, references, truth, base);
  }
}

/** Aligned words of 8 bytes that are addresses; the upper two bytes stay as they are. */
export function absolute64(cell: Cell, references: References, truth: Truth | undefined): void {
  const { bytes, length, oldAddress, program } = cell;
  for (let at = -oldAddress & 7; at + 8 <= length; at += 8) {
    const target = (word(bytes, at) >>> 0) + half(bytes, at + 4) * 2 ** 32;
    if (target === 0) continue;
    const predicted = references.predict(program, target);
    if (predicted < 0) continue;
    putWord(bytes, at, predicted % 2 ** 32);
    putHalf(bytes, at + 4, predicted / 2 ** 32);
    if (!truth) continue;
    const found = (trueWord(truth, at) >>> 0) + trueHalf(truth, at + 4) * 2 ** 32;
    if (Math.abs(found - target) < NEAR) references.learn(program, target, predicted, found);
  }
}

/** Aligned words of 4 bytes that say how far their target is from themselves. */
export function relative32(cell: Cell, references: References, truth: Truth | undefined): void {
  const { bytes, length, oldAddress, newAddress, program } = cell;
  for (let at = -oldAddress & 3; at + 4 <= length; at += 4) {
    const value = word(bytes, at);
    if (value === 0) continue;
    const target = oldAddress + at + value;
    const predicted = references.predict(program, target);
    if (predicted < 0) continue;
    putWord(bytes, at, predicted - (newAddress + at));
    if (truth) references.learn(program, target, predicted, newAddress + at + trueWord(truth, at));
  }
}
