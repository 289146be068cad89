import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OtaError } from '../../../src/core/errors.ts';
import { WINDOW_BITS } from '../../../src/delta/coder/coding.ts';
import { memoryOf, type SectionName } from '../../../src/delta/format.ts';
import {
  codingOf,
  type Fixed,
  NO_PREDICTION,
  type Plan,
  planSections,
  predictionBits,
  type RawSection,
} from '../../../src/delta/write/plan.ts';

const KIB = 1024;
const MIB = 2 ** 20;

const SECTIONS: readonly RawSection[] = [
  { name: 'controls', length: 600 },
  { name: 'runs', length: 40 },
  { name: 'differences', length: 270_000 },
  { name: 'insertions', length: 6400 },
];

const FIXED = { steps: 100, ...NO_PREDICTION };

const memory = ({ group, bits, coder }: Plan, sections = SECTIONS): number =>
  memoryOf({
    ...FIXED,
    group,
    sections: sections.map(({ name, length }) => ({
      name,
      length,
      coded: length,
      coding: codingOf(coder, bits.get(name) ?? 0),
    })),
  });
const bitsOf = ({ bits }: Plan) =>
  ['controls', 'runs', 'differences', 'insertions'].map((name) => bits.get(name as SectionName));

describe('the plan of a delta', () => {
  it.each([
    [undefined, true, 'lzma', 1024, [10, 6, 19, 13]],
    [64 * KIB, true, 'lzma', 64, [10, 6, 15, 13]],
    [32 * KIB, true, 'lzma', 64, [10, 6, 12, 12]],
    [undefined, false, 'brotli', 1024, [10, 10, 19, 13]],
    [64 * KIB, false, 'deflate', 64, [10, 9, 14, 13]],
  ] as const)('in %s bytes (LZMA: %s)', (budget, lzma, coder, group, bits) => {
    const plan = planSections(SECTIONS, FIXED, budget, lzma);
    expect([plan.coder, plan.group, bitsOf(plan)]).toEqual([coder, group, bits]);
  });

  it('always fits what is declared, and what a reader accepts', () => {
    const lengths = fc.tuple(...SECTIONS.map(() => fc.integer({ min: 1, max: 2 ** 40 })));
    fc.assert(
      fc.property(fc.integer({ min: 4200, max: 8 * MIB }), lengths, fc.boolean(), (budget, raw, lzma) => {
        const sections = SECTIONS.map(({ name }, index) => ({ name, length: raw[index] ?? 1 }));
        const plan = planSections(sections, FIXED, budget, lzma);
        expect(memory(plan, sections) + plan.spare).toBe(budget);
        const { least, most } = WINDOW_BITS[plan.coder];
        for (const bits of plan.bits.values()) {
          expect(bits).toBeGreaterThanOrEqual(least);
          expect(bits).toBeLessThanOrEqual(most);
        }
      }),
    );
  });

  it('leaves room for what prediction takes', () => {
    const fixed = { steps: 500, ...predictionBits(64 * KIB) };
    expect(fixed).toEqual({ steps: 500, blockBits: 10, labelBits: 9 });
    const spare = (of: Fixed) => planSections(SECTIONS, of, 10 * MIB, true).spare;
    expect(spare(FIXED) - spare(fixed)).toBe(500 * 24 + 512 * 16 + 2048 + 2048);
    expect(() => planSections(SECTIONS, { ...fixed, steps: 5000 }, 64 * KIB, true)).toThrow(OtaError);
  });

  it.each([4000, 0, -1])('is not found for %d bytes', (budget) => {
    const plan = () => planSections(SECTIONS, FIXED, budget, true);
    expect(plan).toThrow(OtaError);
    expect(plan).toThrow(/no delta can be applied/);
  });
});
