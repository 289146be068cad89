import { expect, test } from 'vitest';
import { inParallel } from '../../../src/core/parallel.ts';

const pause = () => new Promise<void>((done) => setImmediate(done));

test('works on each item once, on no more than the width at a time, and takes them as they are needed', async () => {
  const taken: number[] = [];
  const done: number[] = [];
  let running = 0;
  let most = 0;
  function* items() {
    for (let item = 0; item < 20; item += 1) {
      taken.push(item);
      yield item;
    }
  }
  await inParallel(items(), 3, async (item) => {
    running += 1;
    most = Math.max(most, running);
    expect(taken.length - done.length).toBeLessThanOrEqual(3);
    await pause();
    running -= 1;
    done.push(item);
  });
  expect(most).toBe(3);
  expect(done.sort((a, b) => a - b)).toEqual(taken);
});

test('begins nothing after a failure, and fails with it when what was begun has ended', async () => {
  const begun: number[] = [];
  let ended = 0;
  const work = inParallel([1, 2, 3, 4, 5, 6], 2, async (item) => {
    begun.push(item);
    await pause();
    ended += 1;
    if (item === 2) throw new Error('two');
  });
  await expect(work).rejects.toThrow('two');
  expect(begun.length).toBeLessThan(6);
  expect(ended).toBe(begun.length);
});
