import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { statusReport } from '../../../src/cli/status.ts';
import { statusLines } from '../../../src/cli/views/status.ts';
import { silent } from '../../../src/core/progress.ts';
import type { Seconds } from '../../../src/core/time.ts';
import type { Signer } from '../../../src/keys/signer.ts';
import { type MediaProfileOptions, setMediaProfile } from '../../../src/publish/media-profile.ts';
import { loadState } from '../../../src/publish/repository-state.ts';
import { stageMediaProfile } from '../../../src/publish/stage-media-profile.ts';
import { readStanding } from '../../../src/publish/status.ts';
import { TIMESTAMP_KEY } from '../../../src/repository/layout.ts';
import { parseTimestamp } from '../../../src/repository/parse-meta.ts';
import { refusal } from '../../support/client.ts';
import { sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import { anchorOf, ONLINE, PRODUCT, RELEASE, update } from '../../support/release.ts';
import { ONLINE_KEY, RELEASE_OFFICERS } from '../../support/requests.ts';
import { makeScenario, type Scenario } from '../../support/scenario.ts';
import { complete, officersTrust, respond, stageFile } from '../../support/staged.ts';
import { tufJsAccepts } from '../../support/tuf-js.ts';
import { WritableStore } from '../../support/writable-store.ts';

vi.mock('../../../src/keys/ed25519.ts', async (original) =>
  (await import('../../support/memoized.ts')).memoized(
    await original<typeof import('../../../src/keys/ed25519.ts')>(),
  ),
);

const folder = sharedFolder();
let scenario: Scenario;
beforeAll(async () => {
  scenario = await makeScenario(folder);
});

const YEAR_AND_A_HALF = { expiry: 'limit', days: 548 } as const;
const set = (
  store: WritableStore,
  change: Pick<MediaProfileOptions, 'age' | 'counter'>,
  { signers = [RELEASE, ONLINE], now = NOW }: { signers?: readonly Signer[]; now?: Seconds } = {},
) =>
  setMediaProfile({
    store,
    trust: scenario.trust,
    product: PRODUCT,
    ...change,
    now,
    atHand: new Set(signers.map(({ publicKey }) => publicKey.keyid)),
    unlock: async () => signers,
    progress: silent,
  });
const roleOf = async (store: WritableStore) =>
  (await loadState(store, scenario.trust, PRODUCT, NOW)).product?.signed;

describe('the media profile of a product', () => {
  it('is set, kept by the next release, and changed again; devices and tuf-js take the role', async () => {
    const store = scenario.store.copy();
    expect(await roleOf(store)).not.toHaveProperty('media');
    expect(await set(store, { age: YEAR_AND_A_HALF })).toMatchObject({
      changed: true,
      before: { expiry: 'strict', counter: 0 },
      profile: { expiry: 'limit', days: 548, counter: 0 },
      roles: [{ role: 'gateway', version: 2 }, { role: 'snapshot' }, { role: 'timestamp' }],
    });
    await tufJsAccepts(store, anchorOf(scenario.trust), NOW);
    await scenario.publish('1.1.0', store);
    expect(await roleOf(store)).toMatchObject({ media: { expiry: 'limit', days: 548 }, version: 3 });
    expect(await set(store, { counter: 2 })).toMatchObject({
      profile: { expiry: 'limit', days: 548, counter: 2 },
    });
    expect(await set(store, { age: { expiry: 'advice' } })).toMatchObject({
      profile: { expiry: 'advice', counter: 2 },
    });
    expect((await update(scenario.device(), store, scenario.trust)).to).toBe('1.1.0');
  });

  it('is set once; a counter never goes down', async () => {
    const store = scenario.store.copy();
    await set(store, { age: YEAR_AND_A_HALF, counter: 2 });
    const before = new Map(store.objects);
    expect(await set(store, { age: YEAR_AND_A_HALF })).toMatchObject({ changed: false, roles: [] });
    expect(await refusal(() => set(store, { counter: 1 }))).toMatchObject({ code: 'counter-lower' });
    expect(store.objects).toEqual(before);
  });

  it('does not shorten the life of the role', async () => {
    const store = scenario.store.copy();
    const before = (await roleOf(store))?.expires ?? Number.NaN;
    await set(store, { age: YEAR_AND_A_HALF }, { now: NOW - 3600 });
    expect((await roleOf(store))?.expires).toBe(before);
  });

  it('takes the release keys, and a product that has a role', async () => {
    const store = scenario.store.copy();
    const alone = await refusal(() => set(store, { counter: 1 }, { signers: [ONLINE] }));
    expect(alone).toMatchObject({ code: 'signatures-missing', faults: [{ where: 'gateway' }] });
    expect(store.objects).toEqual(scenario.store.objects);
    const empty = await refusal(() => set(new WritableStore(), { counter: 1 }));
    expect(empty.code).toBe('release-missing');
  });

  it('is told by the status of a repository', async () => {
    const store = scenario.store.copy();
    const lines = async () => {
      const standing = await readStanding(scenario.trust, store);
      const report = await statusReport(standing, {
        now: NOW,
        trust: 'trust',
        store: store.url,
        failWithin: undefined,
      });
      return { report, text: statusLines(report).join('\n') };
    };
    expect((await lines()).report).not.toHaveProperty('media');
    await set(store, { age: YEAR_AND_A_HALF });
    const { report, text } = await lines();
    expect(report.media).toEqual([
      { product: 'gateway', profile: { expiry: 'limit', days: 548, counter: 0 } },
    ]);
    expect(text).toContain('gateway: media count for 548 days from when they were made');
  });
});

it('every timestamp says when it was made', async () => {
  const store = scenario.store.copy();
  await scenario.publish('1.1.0', store, { now: NOW + 5 });
  expect(parseTimestamp(store.objects.get(TIMESTAMP_KEY) ?? new Uint8Array(), '').signed.made).toBe(NOW + 5);
});

it('a change is signed by officers elsewhere: they are shown what it means, and it is published with their responses', async () => {
  const trust = await officersTrust();
  const store = new WritableStore();
  const scratch = join(folder, 'officers');
  const bundle = scenario.bundles['1.0.0'];
  const first = await stageFile(bundle, { store, trust, scratch });
  const officers = RELEASE_OFFICERS.slice(0, 2);
  await complete(first, await Promise.all(officers.map((officer) => respond(first, trust, officer))), {
    store,
    trust,
  });
  const before = new Map(store.objects);
  const options = { store, trust, product: PRODUCT, age: YEAR_AND_A_HALF, counter: 4, now: NOW };
  const staged = await stageMediaProfile(options);
  expect(store.objects).toEqual(before);
  expect(staged.review).toMatchObject({ title: 'gateway 2' });
  expect(staged.review.documents[0]?.changes.filter(({ what }) => what === 'media-profile')).toEqual([
    {
      what: 'media-profile',
      subject: 'gateway',
      from: 'media expire with the first role on them',
      to: 'media count for 548 days from when they were made, no medium below counter 4',
      warning:
        'devices that take a medium made from now on refuse all that were made before; devices without a network take older media than before',
    },
  ]);
  const responses = await Promise.all(
    officers.map((officer) => respond({ ...first, ...staged }, trust, officer)),
  );
  const report = await complete({ ...first, ...staged }, responses, { store, trust, signers: [ONLINE_KEY] });
  expect(report).toMatchObject({ changed: true, title: 'gateway 2' });
  expect((await loadState(store, trust, PRODUCT, NOW)).product?.signed.media).toEqual({
    ...YEAR_AND_A_HALF,
    counter: 4,
  });
  await tufJsAccepts(store, anchorOf(trust), NOW);
  expect(await refusal(() => stageMediaProfile(options))).toMatchObject({ code: 'release-exists' });
});
