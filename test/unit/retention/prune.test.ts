import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { silent } from '../../../src/core/progress.ts';
import { DAY } from '../../../src/core/time.ts';
import {
  archivedReleases,
  openPastReleases,
  readWhole,
  verifyPastRelease,
} from '../../../src/publish/past-releases.ts';
import { refusal } from '../../support/client.ts';
import { sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import { prune, refreshAt, verifiedAt } from '../../support/prune.ts';
import { recall } from '../../support/recall.ts';
import { makeBundle, name, noise, ONLINE, PRODUCT, version } from '../../support/release.ts';
import { makeScenario, type Scenario } from '../../support/scenario.ts';
import { stageFile } from '../../support/staged.ts';
import { Cut, type WritableStore } from '../../support/writable-store.ts';

vi.mock('../../../src/keys/ed25519.ts', async (original) =>
  (await import('../../support/memoized.ts')).memoized(
    await original<typeof import('../../../src/keys/ed25519.ts')>(),
  ),
);

const folder = sharedFolder();
/** When nothing of what was published before the last refresh can be in use. */
const LATER = NOW + 75 * DAY;
const KEEP = { releases: 1, versions: [] };
let scenario: Scenario;
/** 1.2.0 live on stable, 1.0.0 and 1.1.0 archived; refreshed in time until `LATER`. */
let published: WritableStore;
beforeAll(async () => {
  scenario = await makeScenario(folder);
  published = scenario.store.copy();
  for (const key of published.objects.keys()) published.times.set(key, NOW);
  published.clock = NOW;
  await scenario.publish('1.1.0', published);
  await recall(published, scenario.trust, '1.1.0', { reason: 'a first one' });
  await scenario.publish('1.2.0', published, { keep: KEEP, deltasFrom: 1 });
  await refreshAt(published, scenario.trust, NOW + 20 * DAY);
  await refreshAt(published, scenario.trust, NOW + 40 * DAY);
  await refreshAt(published, scenario.trust, NOW + 60 * DAY);
});

const archived = async (store: WritableStore) => {
  const past = await openPastReleases(store, scenario.trust, PRODUCT);
  for (const release of await archivedReleases(past)) {
    if (release.retired === undefined) await readWhole(await verifyPastRelease(past, release, silent));
  }
  return archivedReleases(past);
};

describe('what no metadata leads to', () => {
  it('is deleted, and nothing else: the repository is whole, its archive too, and nothing is left over', async () => {
    const store = published.copy();
    expect((await verifiedAt(store, scenario.trust, LATER)).others).not.toEqual([]);
    const plan = await prune(store, scenario.trust, LATER, { dryRun: true });
    expect(store.objects).toEqual(published.objects);
    const report = await prune(store, scenario.trust, LATER);
    expect(report).toEqual({ ...plan, dryRun: false });
    expect(report.deleted.objects).toBe(published.objects.size - store.objects.size);
    expect(report.kinds.map(({ kind }) => kind).sort()).toEqual(['channels', 'delta', 'metadata']);
    expect(await verifiedAt(store, scenario.trust, LATER)).toEqual({
      faults: [],
      others: [],
      superseded: [],
    });
    expect((await archived(store)).map(({ version }) => version)).toEqual(['1.1.0', '1.0.0']);
    expect(await scenario.consistent(scenario.device(), store, { now: LATER })).toBe('1.2.0');
    expect((await prune(store, scenario.trust, LATER)).deleted.objects).toBe(0);
  });

  it('stays while an earlier snapshot leads to it that has not expired, and for the grace time', async () => {
    const store = published.copy();
    const at = NOW + 61 * DAY;
    const before = new Set(store.objects.keys());
    await prune(store, scenario.trust, at, { grace: 7 * DAY });
    // The snapshot of day 40 holds until day 70, that of day 20 until day 50.
    const gone = [...before].filter((key) => !store.objects.has(key));
    const snapshots = store.keys('metadata/').filter((key) => key.endsWith('.snapshot.json'));
    expect(snapshots).toHaveLength(2);
    expect(gone.filter((key) => key.endsWith('.snapshot.json')).length).toBeGreaterThan(2);
    const longer = published.copy();
    await prune(longer, scenario.trust, at, { grace: 12 * DAY });
    expect(longer.keys('metadata/').filter((key) => key.endsWith('.snapshot.json'))).toHaveLength(3);
  });

  it('stays, however old it is, while a snapshot leads to it that a device may hold', async () => {
    const store = published.copy();
    const [before = ''] = store
      .keys('metadata/')
      .filter((key) => key.endsWith('.gateway.channels.json'))
      .slice(-1);
    store.clock = NOW + 61 * DAY;
    await recall(store, scenario.trust, '1.0.0', { now: NOW + 61 * DAY });
    // The snapshot of day 60 says so until day 90; the role itself is of day 0.
    expect(store.times.get(before)).toBe(NOW);
    await prune(store, scenario.trust, NOW + 75 * DAY, { grace: 7 * DAY });
    expect(store.objects.has(before)).toBe(true);
    await refreshAt(store, scenario.trust, NOW + 85 * DAY);
    await prune(store, scenario.trust, NOW + 98 * DAY, { grace: 7 * DAY });
    expect(store.objects.has(before)).toBe(false);
  });

  it('stays when it is young, whatever leads to it', async () => {
    const store = published.copy();
    for (const key of store.objects.keys()) store.times.set(key, LATER - 29 * DAY);
    const report = await prune(store, scenario.trust, LATER);
    expect(report).toMatchObject({ deleted: { objects: 0 }, waiting: { from: LATER + DAY } });
    expect(report.waiting.objects).toBeGreaterThan(5);
    expect(store.objects.size).toBe(published.objects.size);
  });

  it('and is not of ota is left alone', async () => {
    const store = published.copy();
    const others = [
      'index.html',
      'targets/other/1.0.0/readme.txt',
      `targets/other/1.0.0/${'a'.repeat(64)}.linux`,
      'targets/gateway/notes.txt',
      'metadata/notes.txt',
      'metadata/1.someone.json',
      '.well-known/security.txt',
    ];
    for (const key of others) store.objects.set(key, new Uint8Array(10));
    await prune(store, scenario.trust, LATER);
    for (const key of others) expect(store.objects.has(key), key).toBe(true);
  });

  it('of a release that is staged waits for its signatures, and goes when nobody gave them', async () => {
    const staged = published.copy();
    staged.clock = LATER - 40 * DAY;
    const below = 'targets/gateway/2.0.0/';
    const bundle = await makeBundle(folder, {
      version: '2.0.0',
      components: { boot: { image: noise(9, 700) } },
    });
    const scratch = join(folder, 'scratch');
    const atHand = new Set([ONLINE.publicKey.keyid]);
    await stageFile(bundle, { store: staged, trust: scenario.trust, scratch, atHand, now: LATER });
    const uploaded = staged.keys(below);
    expect(uploaded.length).toBeGreaterThan(0);
    await prune(staged, scenario.trust, LATER, { staged: 90 * DAY });
    expect(staged.keys(below)).toEqual(uploaded);
    const report = await prune(staged, scenario.trust, LATER, { staged: 35 * DAY });
    expect(report.kinds.map(({ kind }) => kind)).toContain('staged');
    expect(staged.keys(below)).toEqual([]);
  });

  it('of an archived release is told by its manifest where two objects have the same name', async () => {
    const store = published.copy();
    const [boot = ''] = store.keys('targets/gateway/1.1.0/').filter((key) => key.endsWith('.boot'));
    const twin = boot.replace(/[0-9a-f]{64}/, 'f'.repeat(64));
    store.objects.set(twin, new Uint8Array(10));
    const record = store.keys('targets/gateway/1.1.0/').find((key) => key.endsWith('.manifest.json')) ?? '';
    const signatures = record.replace('manifest.json', 'signatures.json');
    store.objects.set(signatures, new Uint8Array(10));
    await prune(store, scenario.trust, LATER);
    expect([boot, twin, signatures].map((key) => store.objects.has(key))).toEqual([true, false, true]);
    expect(await archived(store)).toHaveLength(2);
  });
});

describe('a repository that is not sound', () => {
  it('is not pruned: an object is missing or short', async () => {
    for (const damage of [
      (store: WritableStore, key: string) => store.objects.delete(key),
      (store: WritableStore, key: string) => store.objects.set(key, new Uint8Array(1)),
    ]) {
      const store = published.copy();
      const [key = ''] = store.keys('targets/gateway/1.2.0/').filter((name) => name.endsWith('.radio'));
      damage(store, key);
      const before = new Map(store.objects);
      expect(await refusal(() => prune(store, scenario.trust, LATER))).toMatchObject({
        code: 'target-missing',
        exitCode: 4,
        faults: [{ where: key }],
      });
      expect(store.objects).toEqual(before);
    }
  });

  it('is not pruned by a clock that is behind, nor by one that is not that of the store', async () => {
    const store = published.copy();
    expect((await refusal(() => prune(store, scenario.trust, NOW + 30 * DAY))).code).toBe('clock-wrong');
    Object.assign(store, { machineClock: { isRight: false, skew: () => -2 * 3600 } });
    expect((await refusal(() => prune(store, scenario.trust, LATER))).code).toBe('clock-wrong');
    expect(store.objects).toEqual(published.objects);
  });

  it('is not pruned: a role is missing, forged or has expired, or the clock is far ahead', async () => {
    const roles = ['gateway', 'gateway.channels', 'snapshot', 'targets'];
    for (const role of roles) {
      const store = published.copy();
      const key = store.keys('metadata/').findLast((name) => name.endsWith(`.${role}.json`)) ?? '';
      store.objects.set(key, Uint8Array.from(store.objects.get(key) ?? []).reverse());
      const before = new Map(store.objects);
      await expect(prune(store, scenario.trust, LATER)).rejects.toThrow();
      expect(store.objects).toEqual(before);
    }
    const store = published.copy();
    expect((await refusal(() => prune(store, scenario.trust, LATER + 365 * DAY))).code).toBe('role-expired');
    expect(store.objects).toEqual(published.objects);
  });
});

it('a prune that is cut off after any request has done no harm, and does the rest when run again', async () => {
  const whole = published.copy();
  const { deleted } = await prune(whole, scenario.trust, LATER);
  let cuts = 0;
  for (const fate of ['fail', 'lose'] as const) {
    for (let number = 1; number <= deleted.objects; number += 6) {
      const store = published.copy();
      let deletes = 0;
      store.fate = (_, request) => {
        if (request !== 'delete') return 'do';
        deletes += 1;
        return deletes === number ? fate : 'do';
      };
      await expect(prune(store, scenario.trust, LATER)).rejects.toThrow(Cut);
      store.fate = () => 'do';
      cuts += 1;
      await prune(store, scenario.trust, LATER);
      expect(store.keys()).toEqual(whole.keys());
    }
  }
  expect(cuts).toBeGreaterThan(2);
});

it('what is published meanwhile is not deleted', async () => {
  const store = published.copy();
  let reads = 0;
  store.fate = async (_, request, key): Promise<'do'> => {
    if (request !== 'read' || key !== 'metadata/timestamp.json') return 'do';
    reads += 1;
    if (reads !== 2) return 'do';
    // It was archived, and comes back with the deltas to it that nothing led to a moment ago.
    store.clock = LATER;
    await scenario.publish('1.0.0', store, { keep: KEEP, now: LATER, channel: name('lab') });
    return 'do';
  };
  await prune(store, scenario.trust, LATER);
  expect(reads).toBeGreaterThan(2);
  expect(await verifiedAt(store, scenario.trust, LATER)).toMatchObject({ faults: [] });
});

it('uploads that were cut off long ago are aborted, and no others', async () => {
  const store = published.copy();
  const removed: string[] = [];
  const upload = (key: string, started: number) => ({
    key,
    started,
    remove: async () => {
      removed.push(key);
    },
  });
  store.cutOff = [upload('old', LATER - 8 * DAY), upload('at work', LATER - 6 * DAY)];
  expect((await prune(store, scenario.trust, LATER, { dryRun: true })).unfinished).toBe(1);
  expect(removed).toEqual([]);
  expect((await prune(store, scenario.trust, LATER)).unfinished).toBe(1);
  expect(removed).toEqual(['old']);
});

describe('a bundle that the policy keeps no longer', () => {
  it('is retired by the next release and goes when nothing leads to it; what it was can still be told', async () => {
    const store = scenario.store.copy();
    for (const key of store.objects.keys()) store.times.set(key, NOW);
    store.clock = NOW;
    const keep = { ...KEEP, archived: { releases: 2 } };
    await scenario.publish('1.1.0', store, { keep, deltasFrom: 1 });
    expect((await archived(store)).map(({ retired }) => retired)).toEqual([undefined]);
    await scenario.publish('1.2.0', store, { keep, deltasFrom: 1 });
    expect((await archived(store)).map(({ version, retired }) => [version, retired])).toEqual([
      ['1.1.0', undefined],
      ['1.0.0', NOW],
    ]);
    await refreshAt(store, scenario.trust, NOW + 20 * DAY);
    await prune(store, scenario.trust, NOW + 29 * DAY);
    const payloads = () =>
      store.keys('targets/gateway/1.0.0/').map((key) => key.replace(/.*\/[0-9a-f]+\./, ''));
    expect(payloads()).toContain('radio');
    await refreshAt(store, scenario.trust, NOW + 40 * DAY);
    const report = await prune(store, scenario.trust, NOW + 51 * DAY);
    expect(report.kinds.map(({ kind }) => kind)).toContain('retired');
    expect(payloads()).toEqual(
      ['manifest.json', 'signatures.json'].filter((name) => payloads().includes(name)),
    );
    expect(payloads()).toContain('manifest.json');
    expect(await verifiedAt(store, scenario.trust, NOW + 51 * DAY)).toMatchObject({ faults: [], others: [] });
    expect(await archived(store)).toHaveLength(2);
  });

  it('is not one that a live delta starts from', async () => {
    const store = scenario.store.copy();
    const keep = { ...KEEP, archived: { younger: 1 } };
    await scenario.publish('1.1.0', store, { keep, deltasFrom: 1 });
    // By then 1.0.0 is archived a day ago, and 1.1.0, which a channel names, has a delta from it.
    await recall(store, scenario.trust, '1.0.0', { now: NOW + DAY });
    await scenario.publish('1.2.0', store, {
      keep: { ...keep, versions: [version('1.1.0')] },
      deltasFrom: 1,
      now: NOW + DAY,
    });
    expect((await archived(store)).map(({ version, retired }) => [version, retired])).toEqual([
      ['1.0.0', undefined],
    ]);
  });
});
