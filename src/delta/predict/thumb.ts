import { absoluteWord } from './pointers.ts';
import type { Cell, References, Truth } from './references.ts';
import { half, putHalf, trueHalf, word } from './words.ts';

/** The target of BL or B.W (T1, T4 of the Arm Architecture Reference Manual), counted from 4 bytes after it. */
function distance(high: number, low: number): number {
  const sign = (high >> 10) & 1;
  const i1 = ~((low >> 13) ^ sign) & 1;
  const i2 = ~((low >> 11) ^ sign) & 1;
  const value = (sign << 24) | (i1 << 23) | (i2 << 22) | ((high & 0x3ff) << 12) | ((low & 0x7ff) << 1);
  return (value << 7) >> 7;
}

const isBranch = (high: number, low: number): boolean =>
  (high & 0xf800) === 0xf000 && ((low & 0xd000) === 0xd000 || (low & 0xd000) === 0x9000);

/** Branches of Thumb code, and words between them that are addresses where `base` is given. */
export function thumb(cell: Cell, references: References, truth: Truth | undefined, base?: number): void {
  const { bytes, length, oldAddress, newAddress, program } = cell;
  for (let at = oldAddress & 1; at + 4 <= length; at += 2) {
    const high = half(bytes, at);
    const low = half(bytes, at + 2);
    if (isBranch(high, low)) {
      const target = oldAddress + at + 4 + distance(high, low);
      const predicted = references.predict(program, target);
      if (predicted < 0) continue;
      putBranch(bytes, at, high, low, predicted - (newAddress + at + 4));
      if (truth) {
        const trueHigh = trueHalf(truth, at);
        const trueLow = trueHalf(truth, at + 2);
        if (isBranch(trueHigh, trueLow)) {
          const found = newAddress + at + 4 + distance(trueHigh, trueLow);
          references.learn(program, target, predicted, found);
        }
      }
      at += 2;
    } else if (base !== undefined && ((oldAddress + at) & 3) === 0 && word(bytes, at) !== 0) {
      if (absoluteWord(cell, at, references, truth, base)) at += 2;
    }
  }
}

function putBranch(bytes: Uint8Array, at: number, high: number, low: number, value: number): void {
  const sign = (value >> 24) & 1;
  const j1 = ~((value >> 23) ^ sign) & 1;
  const j2 = ~((value >> 22) ^ sign) & 1;
  putHalf(bytes, at, (high & 0xf800) | (sign << 10) | ((value >> 12) & 0x3ff));
  putHalf(bytes, at + 2, (low & 0xd000) | (j1 << 13) | (j2 << 11) | ((value >> 1) & 0x7ff));
}
