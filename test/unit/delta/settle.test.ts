import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes.ts';
import { memorySource } from '../../../src/core/source.ts';
import { match } from '../../../src/delta/match/match.ts';
import { Steps } from '../../../src/delta/match/steps.ts';
import { trim } from '../../../src/delta/match/trim.ts';
import { settle } from '../../../src/delta/write/settle.ts';
import { noise } from './support.ts';

const matched = async (old: Uint8Array, fresh: Uint8Array) => {
  const [from, to] = [memorySource(old), memorySource(fresh)];
  return { old: from, fresh: to, steps: await match(from, to) };
};
const listed = (steps: Steps) =>
  Array.from({ length: steps.count }, (_, i) => [steps.add(i), steps.insert(i), steps.oldAt(i)]);

/** Bytes of which two in five are others. */
const worn = (bytes: Uint8Array, seed: number): Uint8Array => {
  const other = noise(bytes.length, seed);
  return bytes.map((byte, index) => (index % 5 < 2 ? (other[index] as number) : byte));
};

describe('trimmed steps', () => {
  it('add only the best part of what agrees, and make the same bytes of the image', async () => {
    const old = noise(600, 3);
    const fresh = concatBytes(
      worn(old.subarray(0, 200), 5),
      old.subarray(200, 400),
      worn(old.subarray(400), 7),
    );
    const steps = new Steps();
    steps.push(600, 0, 0);
    const [before, best] = listed(await trim(memorySource(old), memorySource(fresh), steps));
    expect(before).toEqual([0, 197, 0]);
    expect(best).toEqual([203, 200, 197]);
  });

  it('are none where nothing differs', async () => {
    const image = noise(5000);
    const steps = new Steps();
    steps.push(5000, 0, 0);
    expect(listed(await trim(memorySource(image), memorySource(image), steps))).toEqual([[5000, 0, 0]]);
  });
});

describe('settling on steps', () => {
  it('takes trimmed ones where what is rewritten is like itself', async () => {
    const part = noise(4096, 9);
    const pieces = Array.from({ length: 12 }, (_, seed) => ({ mark: noise(64, 20 + seed), seed: 50 + seed }));
    const old = concatBytes(...pieces.flatMap(({ mark, seed }) => [mark, worn(part, seed)]));
    const fresh = concatBytes(noise(9000, 99), ...pieces.flatMap(({ mark }) => [mark, part]));
    const found = await matched(old, fresh);
    const added = (steps: Steps) => listed(steps).reduce((sum, [add = 0]) => sum + add, 0);
    expect(added(found.steps)).toBeGreaterThan(40_000);
    expect(added(await settle(found))).toBeLessThan(2000);
  });

  it('leaves steps as they are where differences are cheaper than new bytes', async () => {
    const old = noise(40_000, 1);
    const fresh = concatBytes(
      noise(9000, 2),
      old.map((byte, index) => (index % 5 < 2 ? byte + 4 : byte)),
    );
    const found = await matched(old, fresh);
    expect(await settle(found)).toBe(found.steps);
  });
});
