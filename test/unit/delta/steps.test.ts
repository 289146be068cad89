import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes.ts';
import { memorySource } from '../../../src/core/source.ts';
import { match } from '../../../src/delta/match/match.ts';
import { Steps } from '../../../src/delta/match/steps.ts';
import { counted, noise } from './support.ts';

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

  it('are found without looking anything up where blocks are what is expected', async () => {
    const old = noise(1_000_000);
    const blocks = 2 ** 16;
    const sizes = { tile: blocks, whole: 2 * blocks, region: 2 * blocks };
    const same = counted(memorySource(old));
    expect(listed(await match(same, memorySource(Uint8Array.from(old)), { sizes }))).toEqual([
      [old.length, 0, 0],
    ]);
    expect(same.reads).toBe(Math.ceil(old.length / blocks));
    const changed = Uint8Array.from(old).fill(0, 500_000, 500_010);
    const once = listed(await match(memorySource(old), memorySource(changed), { sizes }));
    expect(once.reduce((sum, [add = 0]) => sum + add, 0)).toBe(old.length);
    // What is put before everything moves the rest by less than a block.
    const moved = concatBytes(noise(100, 5), old);
    expect(listed(await match(memorySource(old), memorySource(moved), { sizes })).at(-1)).toEqual([
      old.length,
      0,
      0,
    ]);
  });
});
