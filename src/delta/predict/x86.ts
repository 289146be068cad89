import type { Cell, References, Truth } from './references.ts';
import { putWord, trueWord, word } from './words.ts';

/** Opcodes whose ModRM byte may name an address relative to the next instruction, by the bytes of the immediate after it. */
const NO_IMMEDIATE = [
  0x01, 0x03, 0x0b, 0x23, 0x29, 0x2b, 0x33, 0x38, 0x39, 0x3a, 0x3b, 0x63, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89,
  0x8a, 0x8b, 0x8d, 0xf7, 0xff,
];
const ONE_BYTE = [0x6b, 0x80, 0x83, 0xc1, 0xc6, 0xf6];
const FOUR_BYTES = [0x69, 0x81, 0xc7];

/** Bytes of the immediate after the displacement, plus one; 0 where the opcode is none of these. */
const IMMEDIATE = new Uint8Array(256);
for (const opcode of NO_IMMEDIATE) IMMEDIATE[opcode] = 1;
for (const opcode of ONE_BYTE) IMMEDIATE[opcode] = 2;
for (const opcode of FOUR_BYTES) IMMEDIATE[opcode] = 5;

/** Calls, jumps and RIP-relative operands of x86-64 code; instructions are not decoded, every place is tried. */
export function x86(cell: Cell, references: References, truth: Truth | undefined): void {
  const { bytes, length, oldAddress, newAddress, program } = cell;
  for (let at = 0; at + 5 <= length; at++) {
    const opcode = bytes[at] as number;
    let place: number;
    let immediate = 0;
    if ((opcode & 0xfe) === 0xe8) place = at + 1;
    else if (opcode === 0x0f && ((bytes[at + 1] as number) & 0xf0) === 0x80) place = at + 2;
    else if (((bytes[at + 1] as number) & 0xc7) === 0x05) {
      immediate = (IMMEDIATE[opcode] as number) - 1;
      if (immediate < 0) {
        if (at === 0 || bytes[at - 1] !== 0x0f) continue;
        immediate = 0;
      }
      place = at + 2;
    } else continue;
    if (place + 4 > length) continue;
    const end = place + 4 + immediate;
    const target = oldAddress + end + word(bytes, place);
    const predicted = references.predict(program, target);
    if (predicted < 0) continue;
    putWord(bytes, place, predicted - (newAddress + end));
    if (truth && same(bytes, truth, at, place)) {
      references.learn(program, target, predicted, newAddress + end + trueWord(truth, place));
    }
    at = place + 3;
  }
}

function same(bytes: Uint8Array, truth: Truth, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (truth.byte(at) !== bytes[at]) return false;
  return true;
}
