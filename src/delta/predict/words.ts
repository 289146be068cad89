import type { Truth } from './references.ts';

/** Little-endian words of a cell; signed, as shifts give them. */
export const word = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) |
  ((bytes[at + 1] as number) << 8) |
  ((bytes[at + 2] as number) << 16) |
  ((bytes[at + 3] as number) << 24);

export function putWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >> 8;
  bytes[at + 2] = value >> 16;
  bytes[at + 3] = value >> 24;
}

export const half = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) | ((bytes[at + 1] as number) << 8);

export function putHalf(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >> 8;
}

export const trueHalf = (truth: Truth, at: number): number => truth.byte(at) | (truth.byte(at + 1) << 8);

export const trueWord = (truth: Truth, at: number): number =>
  trueHalf(truth, at) | (trueHalf(truth, at + 2) << 16);
