import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cursor, putVarint, unzigzag, zigzag } from '../../../src/delta/varint.ts';
import { varints } from './support.ts';

const VECTORS: readonly (readonly [number, readonly number[]])[] = [
  [0, [0x00]],
  [1, [0x01]],
  [127, [0x7f]],
  [128, [0x80, 0x01]],
  [300, [0xac, 0x02]],
  [16_383, [0xff, 0x7f]],
  [16_384, [0x80, 0x80, 0x01]],
  [2 ** 32, [0x80, 0x80, 0x80, 0x80, 0x10]],
  [2 ** 53 - 1, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]],
];

describe('a varint', () => {
  it.each(VECTORS)('%d is these bytes', (value, bytes) => {
    const into = new Uint8Array(8);
    const end = putVarint(into, 0, value);
    expect([...into.subarray(0, end)]).toEqual(bytes);
    expect(new Cursor(into.subarray(0, end)).varint()).toBe(value);
  });

  it('reads back, with what follows it left', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (first, second) => {
        const cursor = new Cursor(varints(first, second));
        expect([cursor.varint(), cursor.varint(), cursor.left]).toEqual([first, second, 0]);
      }),
    );
  });

  it.each([
    ['nothing', []],
    ['cut short', [0x80]],
    ['not the shortest form', [0x80, 0x00]],
    ['past 2^53-1', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x10]],
    ['nine bytes', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
  ])('is refused when it is %s', (_, bytes) => {
    expect(new Cursor(Uint8Array.from(bytes)).varint()).toBeUndefined();
  });
});

describe('a signed varint', () => {
  it.each([
    [0, 0],
    [-1, 1],
    [1, 2],
    [-2, 3],
    [2 ** 48, 2 ** 49],
    [-(2 ** 48), 2 ** 49 - 1],
  ])('%d is %d', (value, unsigned) => {
    expect(zigzag(value)).toBe(unsigned);
    expect(unzigzag(unsigned)).toBe(value);
  });
});

it('a cursor gives no more bytes than it has', () => {
  const cursor = new Cursor(Uint8Array.of(1, 2, 3));
  expect(cursor.take(4)).toBeUndefined();
  expect(cursor.take(3)).toEqual(Uint8Array.of(1, 2, 3));
  expect(cursor.take(0)).toEqual(new Uint8Array());
});
