import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DAY } from '../../src/core/time.ts';
import { refreshRepository } from '../../src/publish/refresh.ts';
import { directoryStore } from '../../src/storage/directory.ts';
import type { Store } from '../../src/storage/store.ts';
import { refusal } from '../support/client.ts';
import { filesBelow } from '../support/folder.ts';
import { NOW } from '../support/forge.ts';
import { ONLINE } from '../support/release.ts';
import { s3OfFaults } from '../support/s3-scenario.ts';
import { faultScenario } from '../support/scenario.ts';

const scenario = await faultScenario();
const s3 = s3OfFaults();
const YEAR = 365 * DAY;
const refresh = (store: Store, now: number) =>
  refreshRepository({
    store,
    trust: scenario.trust,
    atHand: new Set([ONLINE.publicKey.keyid]),
    unlock: async () => [ONLINE],
    force: true,
    now,
    progress: () => {},
  });

describe('an S3 store tells the time with each answer', () => {
  it.each([
    ['behind', YEAR, '365 days behind'],
    ['ahead', -YEAR, '365 days ahead of'],
    ['two hours behind', 7_200, '2.0 hours behind'],
  ])('and a machine whose clock is %s is refused', async (_, skew, said) => {
    s3.fill(scenario.store);
    s3.fake.skew = skew;
    for (const work of [
      async () => scenario.publishUnseen('1.1.0', await s3.open()),
      async () => refresh(await s3.open(), NOW),
    ]) {
      const error = await refusal(work);
      scenario.counts.faults += 1;
      expect(error).toMatchObject({ code: 'clock-wrong', exitCode: 3, where: 's3://bucket/ota' });
      expect(error.message).toContain(`${said} that of the store`);
      expect(error.hint).toContain('--clock-is-right');
    }
    expect(s3.held().objects).toEqual(scenario.store.objects);
    const stated = await s3.open({ clockIsRight: true });
    expect(await scenario.publishUnseen('1.1.0', stated)).toMatchObject({ changed: true });
  });

  it('and some minutes are no reason', async () => {
    s3.fill(scenario.store);
    s3.fake.skew = -600;
    expect(await scenario.publishUnseen('1.1.0', await s3.open())).toMatchObject({ changed: true });
  });
});

describe('a folder has no clock of its own, so the published timestamp is what there is to go by', () => {
  it.each([
    ['behind', -YEAR, 'is behind'],
    ['ahead', YEAR, 'may be ahead'],
  ])('and a machine whose clock is a year %s is refused', async (kind, off, said) => {
    const home = join(scenario.folder, `store-${kind}`);
    await scenario.publish('1.0.0', directoryStore(home));
    const before = filesBelow(home);
    for (const work of [
      () => scenario.publish('1.1.0', directoryStore(home), { now: NOW + off }),
      () => refresh(directoryStore(home), NOW + off),
    ]) {
      const error = await refusal(work);
      scenario.counts.faults += 1;
      expect(error).toMatchObject({ code: 'clock-wrong', exitCode: 3 });
      expect(error.message).toContain(said);
    }
    expect(filesBelow(home)).toEqual(before);
  });

  it('and a day behind, or half a year without a refresh, is no reason; whoever has looked says so', async () => {
    const home = join(scenario.folder, 'store');
    const store = directoryStore(home);
    await scenario.publish('1.0.0', store);
    await scenario.publish('1.1.0', store, { now: NOW - DAY });
    await scenario.publish('1.2.0', store, { now: NOW + 180 * DAY });
    const stated = directoryStore(home, { clockIsRight: true });
    await scenario.publish('1.1.0', stated, { now: NOW + 800 * DAY - 300 * DAY, rollback: true });
  });
});
