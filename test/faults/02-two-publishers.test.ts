import { describe, expect, it } from 'vitest';
import { DAY } from '../../src/core/time.ts';
import type { ChannelChange } from '../../src/publish/plan-channel.ts';
import { refreshRepository } from '../../src/publish/refresh.ts';
import { parseTargets } from '../../src/repository/parse-targets.ts';
import { changeChannel, promotion } from '../support/channels.ts';
import { refusal } from '../support/client.ts';
import { NOW } from '../support/forge.ts';
import { name, ONLINE, RELEASE, STABLE, seeded } from '../support/release.ts';
import { rotate } from '../support/rotation.ts';
import {
  faultScenario,
  imagesOf,
  type ScenarioVersion,
  slotsOf,
  timestampVersion,
} from '../support/scenario.ts';
import type { Fate, WritableStore } from '../support/writable-store.ts';

const scenario = await faultScenario();
const { folder, counts } = scenario;

/** What the newest role of the product lists, by version. */
function releasesIn(store: WritableStore): string[] {
  const [newest = ''] = store
    .keys('metadata/')
    .filter((key) => /^metadata\/\d+\.gateway\.json$/.test(key))
    .sort((a, b) => Number(b.split(/[/.]/)[1]) - Number(a.split(/[/.]/)[1]));
  const { signed } = parseTargets(store.objects.get(newest) ?? new Uint8Array(), newest);
  return [...signed.targets.keys()]
    .flatMap((path) => /^gateway\/(.*)\/manifest\.json$/.exec(path)?.[1] ?? [])
    .sort();
}

/** Lets another do something whole before the request of that number, and lists every number where that can matter. */
function meeting(store: WritableStore, number: number, other: () => Promise<unknown>): void {
  store.fate = async (at): Promise<Fate> => {
    if (at !== number) return 'do';
    store.fate = () => 'do';
    counts.faults += 1;
    counts.publishers += 2;
    await other();
    return 'do';
  };
}

/** Between two reads nothing differs. */
const places = ({ requests }: WritableStore): readonly number[] =>
  requests.flatMap((request, index) =>
    index > 1 && !/^(?:create|replace) /.test(request) ? [] : [index + 1],
  );

/** The number of the request that replaces the timestamp. */
const commitOf = ({ requests }: WritableStore): number =>
  requests.findLastIndex((request) => request.startsWith('replace ')) + 1;

const publishFast = (version: ScenarioVersion, store: WritableStore) =>
  scenario.publish(version, store, { scratch: `${folder}/fast` });

describe('of two publishers from the same base', () => {
  it('the slower one publishes on top of the other by itself, wherever they meet; nothing is lost or sent twice', async () => {
    const [slow, fast] = ['1.1.0', '1.2.0'] as const;
    const alone = scenario.store.copy();
    await scenario.publish(slow, alone);
    const overtaken: number[] = [];
    for (const number of places(alone)) {
      const store = scenario.store.copy();
      meeting(store, number, () => publishFast(fast, store));
      const report = await scenario.publish(slow, store);
      overtaken.push(report.overtaken);
      const sent = store.requests.filter((request) => request.startsWith('create targets/'));
      expect(new Set(sent).size).toBe(sent.length);
      expect(report.targets.some(({ status }) => status === 'uploaded')).toBe(true);
      expect(timestampVersion(store)).toBe(3);
      const device = scenario.device();
      expect(await scenario.consistent(device, store)).toBe(slow);
      expect(slotsOf(device)).toEqual(imagesOf(slow));
      expect(releasesIn(store)).toEqual(['1.0.0', '1.1.0', '1.2.0']);
    }
    // One that has not read the timestamp yet starts from the other's.
    expect(overtaken.filter((times) => times === 0).length).toBeGreaterThan(0);
    expect(overtaken.filter((times) => times === 1).length).toBeGreaterThan(8);
  });

  it('that start at the same moment, both succeed', async () => {
    const store = scenario.store.copy();
    counts.publishers += 2;
    const reports = await Promise.all([
      scenario.publish('1.1.0', store, { scratch: `${folder}/a` }),
      scenario.publish('1.2.0', store, { scratch: `${folder}/b` }),
    ]);
    expect(reports.map(({ overtaken }) => overtaken).sort()).toEqual([0, 1]);
    expect(releasesIn(store)).toEqual(['1.0.0', '1.1.0', '1.2.0']);
  });

  it('with the very same thing, both succeed, and it is there once', async () => {
    const store = scenario.store.copy();
    counts.publishers += 2;
    await Promise.all([
      scenario.publish('1.1.0', store, { scratch: `${folder}/a` }),
      scenario.publish('1.1.0', store, { scratch: `${folder}/b` }),
    ]);
    expect(timestampVersion(store)).toBe(2);
    expect((await scenario.publish('1.1.0', store)).changed).toBe(false);
    expect(await scenario.consistent(scenario.device(), store)).toBe('1.1.0');
  });
});

describe('the slower one is told what to do, with exit code 6, when it cannot go on by itself', () => {
  const atTheEnd = async (version: ScenarioVersion) => {
    const alone = scenario.store.copy();
    await scenario.publish(version, alone);
    return commitOf(alone);
  };

  it('because its keys are no longer the right ones', async () => {
    const fresh = seeded(9);
    const rotated = await rotate(scenario.trust, { timestamp: { signers: [fresh] }, by: [RELEASE] });
    const store = scenario.store.copy();
    meeting(store, await atTheEnd('1.1.0'), () =>
      scenario.publish('1.2.0', store, {
        trust: rotated,
        signers: [RELEASE, ONLINE, fresh],
        scratch: `${folder}/fast`,
      }),
    );
    const error = await refusal(() => scenario.publish('1.1.0', store));
    expect(error).toMatchObject({ code: 'store-conflict', exitCode: 6, faults: [{ where: 'timestamp' }] });
    expect(error.faults[0]?.message).toContain(fresh.publicKey.keyid.slice(0, 16));
    expect(error.hint).toContain('ota publish --stage');
    expect(releasesIn(store)).toEqual(['1.0.0', '1.2.0']);
    // What it was told to do completes the work.
    await scenario.publish('1.1.0', store, { signers: [RELEASE, ONLINE, fresh] });
    expect(releasesIn(store)).toEqual(['1.0.0', '1.1.0', '1.2.0']);
  });

  it('because the channel that was to go back gives out another release by now', async () => {
    const store = scenario.store.copy();
    await scenario.publish('1.1.0', store);
    const back = () => scenario.publish('1.0.0', store, { rollback: true });
    const alone = store.copy();
    await scenario.publish('1.0.0', alone, { rollback: true });
    meeting(store, commitOf(alone), () => publishFast('1.2.0', store));
    store.requests.length = 0;
    const error = await refusal(back);
    expect(error).toMatchObject({ code: 'store-conflict', exitCode: 6, where: 'gateway/channels/stable' });
    expect(error.message).toContain('gives out 1.2.0 now');
    expect(await scenario.consistent(scenario.device(), store)).toBe('1.2.0');
    await back();
    expect(await scenario.consistent(scenario.device(), store)).toBe('1.0.0');
  });
});

describe('a channel', () => {
  const BETA = name('beta');
  const set = (store: WritableStore, channel: string, change: ChannelChange) =>
    changeChannel({ store, trust: scenario.trust }, channel, change);
  const promote = promotion('beta');
  const base = async () => {
    const store = scenario.store.copy();
    await scenario.publish('1.1.0', store, { channel: BETA });
    return store;
  };

  it('is changed on top of what another publisher did, wherever they meet, with its key opened once', async () => {
    const alone = await base();
    alone.requests.length = 0;
    await set(alone, 'stable', promote);
    for (const number of places(alone)) {
      const store = await base();
      store.requests.length = 0;
      meeting(store, number, () => set(store, 'nightly', { kind: 'create', to: 'beta' }));
      expect(await set(store, 'stable', promote)).toMatchObject({
        from: '1.0.0',
        to: '1.1.0',
        changed: true,
      });
      expect(timestampVersion(store)).toBe(4);
      expect(await scenario.consistent(scenario.device(), store)).toBe('1.1.0');
    }
  });

  it('is left alone when somebody else changed it, or what it was to give out', async () => {
    const alone = await base();
    alone.requests.length = 0;
    await set(alone, 'stable', promote);
    for (const [channel, now] of [
      [STABLE, '1.2.0'],
      [BETA, '1.0.0'],
    ] as const) {
      const store = await base();
      store.requests.length = 0;
      meeting(store, commitOf(alone), () =>
        scenario.publish('1.2.0', store, { channel, scratch: `${folder}/fast` }),
      );
      const error = await refusal(() => set(store, 'stable', { ...promote, rollback: true }));
      expect(error).toMatchObject({ code: 'store-conflict', exitCode: 6, where: 'gateway/channels/stable' });
      expect(error.message).toContain(`gives out ${now} now`);
      expect(error.hint).toContain('ota channel list');
      expect(timestampVersion(store)).toBe(3);
    }
  });
});

it('a refresh that another publisher overtakes finds nothing left to do', async () => {
  const later = NOW + 20 * DAY;
  const refresh = (store: WritableStore) =>
    refreshRepository({
      store,
      trust: scenario.trust,
      atHand: new Set([ONLINE.publicKey.keyid]),
      unlock: async () => [ONLINE],
      force: false,
      now: later,
      progress: () => {},
    });
  const alone = scenario.store.copy();
  expect((await refresh(alone)).changed).toBe(true);
  const store = scenario.store.copy();
  meeting(store, commitOf(alone), () =>
    scenario.publish('1.1.0', store, { now: later, scratch: `${folder}/fast` }),
  );
  expect((await refresh(store)).changed).toBe(false);
  expect(timestampVersion(store)).toBe(2);
});
