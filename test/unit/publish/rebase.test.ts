import { expect, it } from 'vitest';
import { OtaError } from '../../../src/core/errors.ts';
import { Overtaken, rebasing, unlockedOnce } from '../../../src/publish/rebase.ts';
import { refusal } from '../../support/client.ts';
import { ONLINE } from '../../support/release.ts';

/** Fails with each of these in turn, then gives the number of attempts; remembers what was waited for. */
function failing(...errors: readonly Error[]) {
  const waited: number[] = [];
  let attempts = 0;
  const run = (hint?: string) =>
    rebasing(
      async (overtaken) => {
        expect(overtaken).toBe(attempts);
        attempts += 1;
        const error = errors[attempts - 1];
        if (error) throw error;
        return attempts;
      },
      {
        ...(hint === undefined ? {} : { hint }),
        pause: async (overtaken) => void waited.push(overtaken),
      },
    );
  return { run, waited, attempts: () => attempts };
}

const overtaken = new Overtaken('memory:', 'metadata/timestamp.json', { stale: false });
const stale = new Overtaken('memory:', 'metadata/timestamp.json', { stale: true });
const keys = new OtaError('signatures-missing', 'keys', {
  faults: [{ where: 'gateway', message: 'has 0 of 1' }],
});

it('does the work again until nobody was faster, waiting in between', async () => {
  const work = failing(overtaken, stale, overtaken);
  expect(await work.run()).toBe(4);
  expect(work.waited).toEqual([1, 2, 3]);
});

it('does not go on for ever, with others or with a store that serves what it no longer holds', async () => {
  const others = failing(...Array.from({ length: 100 }, () => overtaken));
  expect(await refusal(others.run)).toMatchObject({ code: 'store-conflict', exitCode: 6 });
  expect(others.attempts()).toBe(50);
  const cached = failing(...Array.from({ length: 100 }, () => stale));
  expect(await refusal(cached.run)).toMatchObject({ code: 'store-stale', exitCode: 6 });
  expect(cached.attempts()).toBe(6);
});

it('says which keys are missing on top of what another published, but leaves the first refusal as it is', async () => {
  expect(await refusal(() => failing(keys).run())).toBe(keys);
  const error = await refusal(() => failing(overtaken, keys).run('Have it staged.'));
  expect(error).toMatchObject({ code: 'store-conflict', exitCode: 6, faults: keys.faults, cause: keys });
  expect(error.hint).toBe('Nothing is lost. Have it staged.');
});

it('a conflict that is no publisher, and any other error, ends it', async () => {
  const held = new OtaError('store-conflict', 'a lock is held');
  const work = failing(held);
  expect(await refusal(work.run)).toBe(held);
  expect(work.attempts()).toBe(1);
});

it('keys are opened when they are needed, and once', async () => {
  let opened = 0;
  const unlock = unlockedOnce(async () => {
    opened += 1;
    return [ONLINE];
  });
  expect(opened).toBe(0);
  expect(await unlock()).toEqual([ONLINE]);
  await unlock();
  expect(opened).toBe(1);
});
