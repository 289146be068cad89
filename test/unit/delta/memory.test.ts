import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OtaError } from '../../../src/core/errors.ts';
import { LIMIT, memoryOf, planCoder, WINDOW_BITS } from '../../../src/delta/memory.ts';

const KIB = 1024;
const MIB = 2 ** 20;
const LEAST = 13_824;

describe('the coder', () => {
  it.each([
    [undefined, 2 ** 30, { coder: 'brotli', windowBits: 21, limit: MIB }],
    [4 * MIB, 2 ** 30, { coder: 'brotli', windowBits: 19, limit: 4 * MIB - 512 * KIB - 3 * MIB - 4096 }],
    [3 * MIB, 2 ** 30, { coder: 'deflate', windowBits: 15, limit: MIB }],
    [64 * KIB, 2 ** 30, { coder: 'deflate', windowBits: 15, limit: 20 * KIB }],
    [32 * KIB, 2 ** 30, { coder: 'deflate', windowBits: 13, limit: 12 * KIB }],
    [LEAST, 2 ** 30, { coder: 'deflate', windowBits: 9, limit: KIB }],
    [undefined, 0, { coder: 'brotli', windowBits: 16, limit: KIB }],
    [undefined, 100_000, { coder: 'brotli', windowBits: 18, limit: 128 * KIB }],
  ])('for %s bytes of memory and an image of %d', (memory, length, plan) => {
    expect(planCoder(memory, length)).toEqual(plan);
  });

  it('always fits what is declared, and what a reader accepts', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: LEAST, max: 8 * MIB }),
        fc.integer({ min: 0, max: 2 ** 40 }),
        (memory, length) => {
          const plan = planCoder(memory, length);
          const bits = WINDOW_BITS[plan.coder];
          expect(memoryOf(plan)).toBeLessThanOrEqual(memory);
          expect(plan.limit).toBeGreaterThanOrEqual(LIMIT.least);
          expect(plan.limit).toBeLessThanOrEqual(LIMIT.most);
          expect(Number.isInteger(plan.limit)).toBe(true);
          expect(plan.windowBits).toBeGreaterThanOrEqual(bits.least);
          expect(plan.windowBits).toBeLessThanOrEqual(bits.most);
        },
      ),
    );
  });

  it.each([LEAST - 1, 0, -1])('is not found for %d bytes', (memory) => {
    const plan = () => planCoder(memory, 1000);
    expect(plan).toThrow(OtaError);
    expect(plan).toThrow(/no delta can be applied/);
  });
});
