import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex } from '../../../src/core/bytes.ts';
import { memorySource } from '../../../src/core/source.ts';
import { encodeHeader, HEADER_LENGTH, readDeltaHeader } from '../../../src/delta/format.ts';
import type { CoderPlan } from '../../../src/delta/memory.ts';
import { codeOf } from './support.ts';

const OLD = { sha256: 'a1'.repeat(32), length: 2 ** 32 + 5 };
const NEW = { sha256: 'b2'.repeat(32), length: 300 };
const DEFLATE: CoderPlan = { coder: 'deflate', windowBits: 15, limit: 20_480 };

/** The header of docs/formats/delta.md, written out by hand: 64 KiB of memory. */
const VECTOR = [
  '6f746164656c7461', // otadelta
  '01 01 0f 00', // version, coder, window bits, reserved
  '00500000', // limit
  '00000100', // memory
  '00000000', // reserved
  '0500000001000000', // old length
  '2c01000000000000', // new length
  'a1'.repeat(32),
  'b2'.repeat(32),
]
  .join('')
  .replaceAll(' ', '');

const read = (bytes: Uint8Array) => readDeltaHeader(memorySource(bytes));

/** The vector with some bytes replaced. */
function changed(at: number, ...bytes: readonly number[]): Uint8Array {
  const header = fromHex(VECTOR) ?? new Uint8Array();
  header.set(bytes, at);
  return header;
}

describe('the header', () => {
  it('is what the specification says', async () => {
    expect(toHex(encodeHeader(DEFLATE, OLD, NEW))).toBe(VECTOR);
    expect(await read(changed(0))).toEqual({
      format: 'otad',
      version: 1,
      coder: 'deflate',
      windowBits: 15,
      limit: 20_480,
      memory: 65_536,
      old: OLD,
      new: NEW,
    });
  });

  it('can be read without what follows it, and whatever that is', async () => {
    const plan: CoderPlan = { coder: 'brotli', windowBits: 21, limit: 2 ** 20 };
    const header = concatBytes(encodeHeader(plan, OLD, NEW), Uint8Array.of(1, 2, 3));
    expect(await read(header)).toMatchObject({
      coder: 'brotli',
      memory: 2 ** 21 + 3 * 2 ** 20 + 2 ** 20 + 4096,
    });
  });

  it.each([
    ['is cut short', changed(0).subarray(0, HEADER_LENGTH - 1)],
    ['is empty', new Uint8Array()],
    ['has another magic', changed(0, 0x4f)],
    ['has another version', changed(8, 2)],
    ['has no coder', changed(9, 0)],
    ['has an unknown coder', changed(9, 3)],
    ['has a window that DEFLATE has not', changed(10, 16)],
    ['has too small a window', changed(10, 8)],
    ['has a reserved byte', changed(11, 1)],
    ['has another reserved byte', changed(20, 1)],
    ['has too small a limit', changed(12, 0xff, 0x03, 0, 0)],
    ['has too large a limit', changed(12, 1, 0, 0, 1)],
    ['declares less memory than it takes', changed(16, 0xff, 0xff, 0, 0)],
    ['declares more memory than it takes', changed(16, 1, 0, 1, 0)],
    ['has an old image past 2^48', changed(24, 1, 0, 0, 0, 0, 0, 1)],
    ['has a new image past 2^48', changed(32, 0, 0, 0, 0, 0, 0, 0, 0x80)],
  ])('is refused when it %s', async (_, bytes) => {
    expect(await codeOf(read(bytes))).toBe('delta-invalid');
  });
});
