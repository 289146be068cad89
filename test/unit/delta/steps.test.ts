import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/source.ts';
import { match } from '../../../src/delta/match/match.ts';
import { Steps } from '../../../src/delta/match/steps.ts';
import { noise } from './support.ts';

const listed = (steps: Steps) =>
  Array.from({ length: steps.count }, (_, step) => [steps.add(step), steps.insert(step), steps.oldAt(step)]);

describe('the steps of a match', () => {
  it('are joined where one goes on from the other', () => {
    const steps = new Steps();
    steps.push(10, 0, 100);
    steps.push(5, 3, 110);
    steps.push(0, 4, 999);
    steps.push(2, 0, 115);
    steps.push(0, 0, 7);
    expect(listed(steps)).toEqual([
      [15, 7, 100],
      [2, 0, 115],
    ]);
  });

  it('may be many', () => {
    const steps = new Steps();
    for (let step = 0; step < 5000; step++) steps.push(1, 1, 3 * step);
    expect(steps.count).toBe(5000);
    expect([steps.add(4999), steps.insert(4999), steps.oldAt(4999)]).toEqual([1, 1, 3 * 4999]);
  });

  it('make the whole new image out of bytes that are there', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(5000), fc.nat(5000), fc.nat(3), async (from, to, seed) => {
        const old = noise(9000);
        const fresh = new Uint8Array([
          ...old.subarray(from),
          ...noise(500, seed + 2),
          ...old.subarray(0, to),
        ]);
        const steps = await match(memorySource(old), memorySource(fresh));
        let made = 0;
        for (const [add = 0, insert = 0, oldAt = 0] of listed(steps)) {
          made += add + insert;
          if (add > 0) expect(oldAt + add).toBeLessThanOrEqual(old.length);
        }
        expect(made).toBe(fresh.length);
      }),
      { numRuns: 30 },
    );
  });
});
