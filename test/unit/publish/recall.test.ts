import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { explanationLines } from '../../../src/cli/views/channel.ts';
import { silent } from '../../../src/core/progress.ts';
import { DAY } from '../../../src/core/time.ts';
import { previewUpdate } from '../../../src/device/preview.ts';
import { updateDevice } from '../../../src/device/update.ts';
import { channelsOf, documentTarget, publishedChannels } from '../../../src/publish/channel.ts';
import { explainChannel } from '../../../src/publish/explain.ts';
import { archivedReleases, openPastReleases } from '../../../src/publish/past-releases.ts';
import type { ChannelChange } from '../../../src/publish/plan-channel.ts';
import { publishedRecalls } from '../../../src/publish/recalls.ts';
import { loadState } from '../../../src/publish/repository-state.ts';
import { stageRecall } from '../../../src/publish/stage-recall.ts';
import { writeChannels } from '../../../src/publish/write-channels.ts';
import { verifyRepository } from '../../../src/verify/repository.ts';
import { changeChannel, promotion } from '../../support/channels.ts';
import { refusal } from '../../support/client.ts';
import { sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import { REASON, recall } from '../../support/recall.ts';
import {
  anchorOf,
  HARDWARE,
  makeBundle,
  name,
  noise,
  ONLINE,
  PRODUCT,
  publishFile,
  STABLE,
  update,
  version,
} from '../../support/release.ts';
import { imagesOf, makeScenario, type Scenario, slotsOf } from '../../support/scenario.ts';
import { complete, respond } from '../../support/staged.ts';
import { tufJsAccepts } from '../../support/tuf-js.ts';
import type { WritableStore } from '../../support/writable-store.ts';

vi.mock('../../../src/keys/ed25519.ts', async (original) =>
  (await import('../../support/memoized.ts')).memoized(
    await original<typeof import('../../../src/keys/ed25519.ts')>(),
  ),
);

const folder = sharedFolder();
const BETA = name('beta');
let scenario: Scenario;
/** 1.1.0 on stable, 1.2.0 on beta. */
let published: WritableStore;
beforeAll(async () => {
  scenario = await makeScenario(folder);
  published = scenario.store.copy();
  await scenario.publish('1.1.0', published);
  await scenario.publish('1.2.0', published, { channel: BETA });
});

const set = (store: WritableStore, channel: string, change: ChannelChange) =>
  changeChannel({ store, trust: scenario.trust }, channel, change);
const channels = async (store: WritableStore) =>
  Object.fromEntries(
    (await publishedChannels(store, scenario.trust, PRODUCT)).map(({ channel, release, rollout }) => [
      channel,
      `${rollout ? `${rollout.from.version}${rollout.from.recalled ? '!' : ''} ` : ''}${release.version}${release.recalled ? '!' : ''}`,
    ]),
  );
const findings = async (store: WritableStore) =>
  (
    await verifyRepository({
      store,
      rootBytes: anchorOf(scenario.trust),
      now: NOW,
      quick: false,
      progress: silent,
    })
  ).faults;
const device = (store: WritableStore, at = scenario.device()) => ({
  at,
  update: (now = NOW) => update(at, store, scenario.trust, { now }),
});

describe('a release that is recalled', () => {
  it('gives way to a later one on every channel, and to devices that have it, in one new version of the channels role', async () => {
    const store = published.copy();
    await set(store, 'lab', { kind: 'create', to: '1.1.0' });
    const had = device(store);
    expect((await had.update()).to).toBe('1.1.0');
    const before = new Map(store.objects);
    const report = await recall(store, scenario.trust, '1.1.0', { to: '1.2.0' });
    expect(report).toMatchObject({
      changed: true,
      recall: { version: '1.1.0', reason: REASON, to: '1.2.0' },
      channels: [
        { channel: 'lab', to: '1.2.0' },
        { channel: 'stable', to: '1.2.0' },
      ],
    });
    expect(report.roles.map(({ role }) => role)).toEqual(['gateway.channels', 'snapshot', 'timestamp']);
    for (const [key, bytes] of before) {
      if (key !== 'metadata/timestamp.json') expect(store.objects.get(key)).toEqual(bytes);
    }
    expect(await channels(store)).toEqual({ beta: '1.2.0', lab: '1.2.0', stable: '1.2.0' });
    expect((await had.update()).to).toBe('1.2.0');
    expect(await scenario.consistent(scenario.device(), store)).toBe('1.2.0');
    expect(await findings(store)).toEqual([]);
  });

  it('is stayed at by devices that have it, and is given to no other, until a later one is promoted', async () => {
    const store = published.copy();
    const had = device(store);
    await had.update();
    const never = device(store);
    expect(await recall(store, scenario.trust, '1.1.0')).toMatchObject({ channels: [{ channel: 'stable' }] });
    expect(await channels(store)).toEqual({ beta: '1.2.0', stable: '1.1.0!' });
    expect(await had.update()).toMatchObject({ changed: false, to: '1.1.0', held: { version: '1.1.0' } });
    expect(await never.update()).toMatchObject({
      changed: false,
      to: '1.0.0',
      held: { version: '1.1.0', recalled: { reason: REASON, at: NOW } },
    });
    expect(slotsOf(never.at)).toEqual(imagesOf('1.0.0'));
    const fresh = await refusal(() => update(join(folder, 'fresh'), store, scenario.trust));
    expect(fresh).toMatchObject({ code: 'channel-held', exitCode: 4 });
    expect(fresh.message).toContain(REASON);
    const preview = await previewUpdate({
      store,
      rootBytes: anchorOf(scenario.trust),
      product: PRODUCT,
      hardware: HARDWARE,
      channel: STABLE,
      from: version('1.0.0'),
      now: NOW,
      progress: silent,
    });
    expect(preview).toMatchObject({ changed: false, to: '1.0.0', held: { version: '1.1.0' } });
    await tufJsAccepts(store, anchorOf(scenario.trust), NOW);
    expect(await findings(store)).toEqual([]);

    await set(store, 'stable', promotion('beta'));
    expect((await had.update()).to).toBe('1.2.0');
    expect((await never.update()).to).toBe('1.2.0');
  });

  it('takes its rollout with it: who has it stays, the others are given the one before', async () => {
    const store = published.copy();
    const steps = [{ at: NOW, percent: 100 }];
    await set(store, 'stable', promotion('1.2.0', { steps }));
    const had = device(store);
    expect((await had.update()).to).toBe('1.2.0');
    await recall(store, scenario.trust, '1.2.0');
    expect(await channels(store)).toEqual({ beta: '1.2.0!', stable: '1.1.0 1.2.0!' });
    expect(await had.update()).toMatchObject({ changed: false, to: '1.2.0' });
    expect((await device(store).update()).to).toBe('1.1.0');
    expect(await refusal(() => set(store, 'stable', { kind: 'resume' }))).toMatchObject({
      code: 'release-recalled',
    });
  });

  it('is no longer what a rollout starts from', async () => {
    const store = published.copy();
    const steps = [{ at: NOW + DAY, percent: 100 }];
    await set(store, 'stable', promotion('1.2.0', { steps }));
    await recall(store, scenario.trust, '1.1.0');
    expect(await channels(store)).toMatchObject({ stable: '1.1.0! 1.2.0' });
    const waits = device(store);
    expect(await waits.update()).toMatchObject({ changed: false, to: '1.0.0', held: { version: '1.1.0' } });
    expect((await waits.update(NOW + DAY)).to).toBe('1.2.0');
    // And with what the rollout leads to in its place, there is nothing left to roll out.
    await recall(store, scenario.trust, '1.1.0', { to: '1.2.0' });
    expect(await channels(store)).toEqual({ beta: '1.2.0', stable: '1.2.0' });
  });

  it('is promoted, published and recalled to no more', async () => {
    const store = published.copy();
    await recall(store, scenario.trust, '1.1.0');
    await recall(store, scenario.trust, '1.0.0', { to: '1.2.0' });
    const before = new Map(store.objects);
    for (const attempt of [
      () => set(store, 'beta', promotion('1.1.0', { rollback: true })),
      () => set(store, 'new', { kind: 'create', to: 'stable' }),
      () => scenario.publish('1.1.0', store, { rollback: true }),
      () => scenario.publish('1.0.0', store, { rollback: true, channel: name('old') }),
      () => recall(store, scenario.trust, '1.0.0', { to: '1.1.0' }),
    ]) {
      expect(await refusal(attempt)).toMatchObject({ code: 'release-recalled', exitCode: 3 });
    }
    expect(store.objects).toEqual(before);
  });

  it('is recalled once; another reason, or a place to go to, is taken', async () => {
    const store = published.copy();
    await recall(store, scenario.trust, '1.1.0');
    const before = new Map(store.objects);
    expect(await recall(store, scenario.trust, '1.1.0', { now: NOW + DAY })).toMatchObject({
      changed: false,
    });
    expect(store.objects).toEqual(before);
    expect(
      await recall(store, scenario.trust, '1.1.0', { to: '1.2.0', reason: 'worse', now: NOW + DAY }),
    ).toMatchObject({ changed: true, recall: { at: NOW, reason: 'worse', to: '1.2.0' } });
    expect(await publishedRecalls(store, scenario.trust, PRODUCT)).toHaveLength(1);
    expect(await channels(store)).toEqual({ beta: '1.2.0', stable: '1.2.0' });
  });

  it('stays verifiable, and is marked in the archive', async () => {
    const store = published.copy();
    await recall(store, scenario.trust, '1.0.0');
    const bundle = await makeBundle(folder, {
      version: '1.3.0',
      components: { boot: { image: noise(9, 700) } },
    });
    const keep = { releases: 1, versions: [] };
    const scratch = join(folder, 'scratch');
    const now = NOW + DAY;
    await publishFile(bundle, { store, trust: scenario.trust, scratch, keep, deltasFrom: 1, now });
    const past = await openPastReleases(store, scenario.trust, PRODUCT);
    const archived = await archivedReleases(past);
    expect(archived.find((item) => item.version === '1.0.0')?.recalled).toEqual({ at: NOW, reason: REASON });
    expect(archived.filter(({ recalled }) => recalled)).toHaveLength(1);
    expect(await findings(store)).toEqual([]);
    expect(await refusal(() => scenario.publish('1.0.0', store, { rollback: true }))).toMatchObject({
      code: 'release-recalled',
    });
    // One that is archived can be recalled too: some device may still have it.
    expect(await recall(store, scenario.trust, '1.1.0', { to: '1.3.0' })).toMatchObject({ channels: [] });
  });

  it('is explained to whoever asks for a device', async () => {
    const store = published.copy();
    await recall(store, scenario.trust, '1.1.0');
    const options = {
      store,
      trust: scenario.trust,
      product: PRODUCT,
      channel: STABLE,
      device: 'gw-1',
      now: NOW,
    };
    const explained = await explainChannel(options);
    expect(explained).toMatchObject({ recalled: [{ version: '1.1.0', reason: REASON }] });
    expect(explained.given).toBeUndefined();
    await recall(store, scenario.trust, '1.1.0', { to: '1.2.0' });
    expect(await explainChannel(options)).toMatchObject({ given: '1.2.0', recalled: [{ to: '1.2.0' }] });
  });

  it('is explained as the end of a rollout, which no further device is in', async () => {
    const store = published.copy();
    await set(store, 'stable', promotion('beta', { steps: [{ at: NOW, percent: 60 }] }));
    await recall(store, scenario.trust, '1.2.0');
    const explained = await explainChannel({
      store,
      trust: scenario.trust,
      product: PRODUCT,
      channel: STABLE,
      device: 'gw-1',
      now: NOW,
    });
    expect(explained).toMatchObject({ given: '1.1.0', rollout: { release: '1.2.0', percent: 0 } });
    expect(explanationLines(explained)[1]).toBe(
      '  the rollout of 1.2.0 has ended: no further device is given it',
    );
  });

  it('is found where a channel gives it out all the same', async () => {
    const store = published.copy();
    await recall(store, scenario.trust, '1.1.0');
    const state = await loadState(store, scenario.trust, PRODUCT, NOW);
    const held = (await channelsOf(state, PRODUCT)).get(STABLE);
    const { recalled: _, ...release } = held?.release ?? expect.fail('there is the channel');
    await writeChannels({
      store,
      state,
      product: PRODUCT,
      pointers: [documentTarget({ product: PRODUCT, channel: STABLE, release })],
      now: NOW,
      atHand: new Set([ONLINE.publicKey.keyid]),
      unlock: async () => [ONLINE],
      progress: silent,
    });
    expect(await findings(store)).toMatchObject([
      { code: 'release-inconsistent', message: expect.stringContaining('1.1.0, which was recalled') },
    ]);
  });
});

describe('a recall is refused', () => {
  it('to a release that was published before, or whose counters are lower, with advice', async () => {
    const store = published.copy();
    const before = new Map(store.objects);
    const back = await refusal(() => recall(store, scenario.trust, '1.1.0', { to: '1.0.0' }));
    expect(back).toMatchObject({ code: 'channel-back', exitCode: 3 });
    expect(back.hint).toContain('ota bundle --reissue');
    const image = noise(5, 700);
    const bundle = await makeBundle(folder, {
      version: '1.4.0',
      components: { boot: { image, counter: 2 } },
    });
    await publishFile(bundle, {
      store,
      trust: scenario.trust,
      scratch: join(folder, 'scratch'),
      channel: BETA,
    });
    const raised = new Map(store.objects);
    expect(before.size).toBeLessThan(raised.size);
    const lower = await refusal(() => recall(store, scenario.trust, '1.4.0', { to: '1.2.0' }));
    expect(lower).toMatchObject({ code: 'counter-lower', faults: [{ where: 'boot' }] });
    expect(lower.hint).toContain('--stay');
    expect(store.objects).toEqual(raised);
  });

  it('without a reason, for what was never published, and without the key', async () => {
    const store = published.copy();
    for (const reason of ['', '  ', 'two\nlines', 'x'.repeat(501), 'turned \u202e around']) {
      expect((await refusal(() => recall(store, scenario.trust, '1.1.0', { reason }))).code).toBe(
        'reason-invalid',
      );
    }
    expect((await refusal(() => recall(store, scenario.trust, '9.9.9'))).code).toBe('release-missing');
    expect((await refusal(() => recall(store, scenario.trust, '1.1.0', { to: '9.9.9' }))).code).toBe(
      'release-missing',
    );
    expect((await refusal(() => recall(store, scenario.trust, '1.1.0', { signers: [] }))).code).toBe(
      'signatures-missing',
    );
  });
});

describe('a device that is on its way to a release when it is recalled', () => {
  const payload = (key: string) => /1\.1\.0\/[0-9a-f]{64}\.(?:boot|radio)/.test(key);

  it('finishes when it had begun: the files that it trusts are there; at its next refresh it is told', async () => {
    for (const to of [undefined, '1.2.0']) {
      const store = published.copy();
      const under = device(store);
      let recalls = 0;
      store.fate = async (_, request, key): Promise<'do'> => {
        if (request === 'stream' && payload(key) && recalls === 0) {
          recalls += 1;
          await recall(store, scenario.trust, '1.1.0', to === undefined ? {} : { to });
        }
        return 'do';
      };
      expect((await under.update()).to).toBe('1.1.0');
      expect(recalls).toBe(1);
      expect(slotsOf(under.at)).toEqual(imagesOf('1.1.0'));
      expect((await under.update()).to).toBe(to ?? '1.1.0');
    }
  });

  it('stops when it has to start again: nothing was written to a slot', async () => {
    for (const to of [undefined, '1.2.0']) {
      const store = published.copy();
      const under = device(store);
      store.fate = (_, request, key) => (request === 'stream' && payload(key) ? 'fail' : 'do');
      await expect(under.update()).rejects.toThrow();
      store.fate = () => 'do';
      await recall(store, scenario.trust, '1.1.0', to === undefined ? {} : { to });
      expect((await under.update()).to).toBe(to ?? '1.0.0');
      expect(slotsOf(under.at)).toEqual(imagesOf(to === undefined ? '1.0.0' : '1.2.0'));
    }
  });

  it('goes through with it when a slot holds a part of it already: two halves make no release', async () => {
    for (const to of [undefined, '1.2.0']) {
      const store = published.copy();
      const under = device(store);
      const file = join(under.at, 'device.json');
      const state = () => JSON.parse(readFileSync(file, 'utf8'));
      class Power extends Error {}
      const progress = () => {
        const { components } = state();
        const moved = Object.values<{ version: string }>(components).filter(
          (item) => item.version === '1.1.0',
        );
        if (moved.length === 1) throw new Power();
      };
      const options = { folder: under.at, store, now: NOW };
      await expect(updateDevice({ ...options, progress })).rejects.toThrow(Power);
      expect(state()).toMatchObject({ release: '1.0.0', updating: { version: '1.1.0' } });
      await recall(store, scenario.trust, '1.1.0', to === undefined ? {} : { to });
      expect((await under.update()).to).toBe(to ?? '1.1.0');
      expect(slotsOf(under.at)).toEqual(imagesOf(to === undefined ? '1.1.0' : '1.2.0'));
      expect(state().updating).toBeUndefined();
    }
  });
});

it('a recall is signed elsewhere, and published with the response', async () => {
  const store = published.copy();
  const before = new Map(store.objects);
  const staged = await stageRecall({
    store,
    trust: scenario.trust,
    product: PRODUCT,
    release: version('1.1.0'),
    to: version('1.2.0'),
    reason: REASON,
    now: NOW,
  });
  expect(store.objects).toEqual(before);
  expect(staged.review.documents[0]?.changes).toContainEqual({
    what: 'recall',
    subject: 'gateway 1.1.0',
    to: `devices go to 1.2.0: ${REASON}`,
  });
  const response = await respond(staged, scenario.trust, ONLINE);
  const report = await complete(staged, [response], {
    store,
    trust: scenario.trust,
    signers: [ONLINE],
  });
  expect(report.changed).toBe(true);
  expect(await channels(store)).toEqual({ beta: '1.2.0', stable: '1.2.0' });
  expect(await publishedRecalls(store, scenario.trust, PRODUCT)).toMatchObject([{ version: '1.1.0' }]);
  expect(await scenario.consistent(scenario.device(), store)).toBe('1.2.0');
});
