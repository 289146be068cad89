import type { Cell, References, Truth } from './references.ts';
import { putWord, trueWord, word } from './words.ts';

/** How far after an ADRP the instructions are looked at that complete its address, and how far its register is followed. */
const LOOK = 32;
const FOLLOW = 64;
const PAGE = 4096;

/** What is known of a register that an ADRP has set: at which place of the cell, to which old and true page. */
interface Register {
  at: number;
  page: number;
  found: number;
}

const NONE = -PAGE;
const registers: Register[] = Array.from({ length: 32 }, () => ({ at: NONE, page: 0, found: -1 }));

const isAdrp = (code: number): boolean => (code & 0x9f000000) >>> 0 === 0x90000000;
const adrpPages = (code: number): number => ((((code >>> 5) & 0x7ffff) << 13) >> 11) | ((code >>> 29) & 3);

/** By how many bits the immediate of ADD (immediate) or a load or store (unsigned immediate) is shifted; -1 for another. */
function scaleOf(code: number): number {
  if ((code & 0xffc00000) >>> 0 === 0x91000000) return 0;
  if ((code & 0x3b000000) !== 0x39000000) return -1;
  return (code & 0x04800000) === 0x04800000 ? 4 : code >>> 30;
}

const pageOf = (address: number): number => address - (address % PAGE);

/** BL and B, and ADRP with the ADD, loads and stores that complete its address, of AArch64 code. */
export function arm64(cell: Cell, references: References, truth: Truth | undefined): void {
  const { bytes, length, oldAddress } = cell;
  for (const register of registers) register.at = NONE;
  for (let at = -oldAddress & 3; at + 4 <= length; at += 4) {
    const code = word(bytes, at);
    if ((code & 0x7c000000) === 0x14000000) branch(cell, at, code, references, truth);
    else if (isAdrp(code)) adrp(cell, at, code, references, truth);
    else {
      const register = registers[(code >>> 5) & 31] as Register;
      if (at - register.at > FOLLOW) continue;
      const scale = scaleOf(code);
      if (scale >= 0) complete(cell, at, code, scale, register, references, truth);
    }
  }
}

function branch(
  cell: Cell,
  at: number,
  code: number,
  references: References,
  truth: Truth | undefined,
): void {
  const { bytes, oldAddress, newAddress, program } = cell;
  const target = oldAddress + at + ((code << 6) >> 4);
  const predicted = references.predict(program, target);
  if (predicted < 0) return;
  const distance = (predicted - (newAddress + at)) / 4;
  putWord(bytes, at, (code & 0xfc000000) | (distance & 0x3ffffff));
  if (!truth) return;
  const found = trueWord(truth, at);
  if (((found ^ code) & 0xfc000000) === 0) {
    references.learn(program, target, predicted, newAddress + at + ((found << 6) >> 4));
  }
}

function adrp(cell: Cell, at: number, code: number, references: References, truth: Truth | undefined): void {
  const { bytes, oldAddress, newAddress, program } = cell;
  const page = pageOf(oldAddress + at) + adrpPages(code) * PAGE;
  const predicted = references.predict(program, page + completion(cell, at, code & 31));
  if (predicted < 0) return;
  const here = pageOf(newAddress + at);
  const pages = (pageOf(predicted) - here) / PAGE;
  putWord(bytes, at, (code & 0x9f00001f) | ((pages & 3) << 29) | (((pages >> 2) & 0x7ffff) << 5));
  const register = registers[code & 31] as Register;
  register.at = at;
  register.page = page;
  register.found = -1;
  if (!truth) return;
  const found = trueWord(truth, at);
  if (((found ^ code) & 0x9f00001f) === 0) register.found = here + adrpPages(found) * PAGE;
}

/** The part of an address inside its page, from the next instruction that uses the register. */
function completion({ bytes, length }: Cell, from: number, register: number): number {
  for (let at = from + 4; at <= from + LOOK && at + 4 <= length; at += 4) {
    const code = word(bytes, at);
    if (((code >>> 5) & 31) === register) {
      const scale = scaleOf(code);
      if (scale >= 0) return ((code >>> 10) & 0xfff) << scale;
    }
    if (isAdrp(code) && (code & 31) === register) break;
  }
  return 0;
}

function complete(
  cell: Cell,
  at: number,
  code: number,
  scale: number,
  register: Register,
  references: References,
  truth: Truth | undefined,
): void {
  const { bytes, program } = cell;
  const target = register.page + (((code >>> 10) & 0xfff) << scale);
  const predicted = references.predict(program, target);
  if (predicted < 0) return;
  const inside = predicted % PAGE;
  if (inside % 2 ** scale === 0) putWord(bytes, at, (code & ~0x3ffc00) | ((inside >> scale) << 10));
  if (!truth || register.found < 0) return;
  const found = trueWord(truth, at);
  if (((found ^ code) & ~0x3ffc00) !== 0) return;
  references.learn(program, target, predicted, register.found + (((found >>> 10) & 0xfff) << scale));
}
