import { beforeAll, describe, expect, it, vi } from 'vitest';
import { silent } from '../../../src/core/progress.ts';
import { previewUpdate } from '../../../src/device/preview.ts';
import { updateDevice } from '../../../src/device/update.ts';
import { publishedChannels } from '../../../src/publish/channel.ts';
import { explainChannel } from '../../../src/publish/explain.ts';
import type { ChannelChange } from '../../../src/publish/plan-channel.ts';
import type { Trust } from '../../../src/repository/trust.ts';
import { changeChannel, promotion } from '../../support/channels.ts';
import { refusal } from '../../support/client.ts';
import { freshFolder, sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import {
  anchorOf,
  HARDWARE,
  makeBundle,
  makeTrust,
  name,
  noise,
  ONLINE,
  PRODUCT,
  patched,
  publishFile,
  RELEASE,
  STABLE,
  update,
  version,
} from '../../support/release.ts';
import { rotate } from '../../support/rotation.ts';
import { signerNamed } from '../../support/signers.ts';
import { tufJsAccepts } from '../../support/tuf-js.ts';
import { WritableStore } from '../../support/writable-store.ts';

vi.mock('../../../src/keys/ed25519.ts', async (original) => {
  const { memoized } = await import('../../support/memoized.ts');
  return memoized(await original());
});

const BETA = name('beta');
const bundles = sharedFolder();
const folder = freshFolder();
const trust = await makeTrust();
/** 1.0.0 on stable; 1.1.0 and then 1.2.0, with a higher counter, on beta. */
const published = new WritableStore();

beforeAll(async () => {
  for (const [version, counter, channel] of [
    ['1.0.0', 1, STABLE],
    ['1.1.0', 1, BETA],
    ['1.2.0', 2, BETA],
  ] as const) {
    const image = patched(noise(1, 500), Number(version[2]));
    const path = await makeBundle(bundles, { version, components: { radio: { image, counter } } });
    await publishFile(path, { store: published, trust, channel, scratch: `${bundles}/scratch` });
  }
});

const set = (
  store: WritableStore,
  channel: string,
  change: ChannelChange,
  { by = trust, ...keys }: { readonly by?: Trust } & Parameters<typeof changeChannel>[3] = {},
) => changeChannel({ store, trust: by }, channel, change, keys);
const promote = (to: string, rollback = false): ChannelChange => promotion(to, { rollback });
const create = (to: string): ChannelChange => ({ kind: 'create', to });

const channels = async (store: WritableStore) =>
  Object.fromEntries(
    (await publishedChannels(store, trust, PRODUCT)).map(({ channel, release }) => [
      channel,
      release.version,
    ]),
  );

describe('a channel', () => {
  it('is given what another gives out, with its own key and nothing sent but its document', async () => {
    const store = published.copy();
    expect(await channels(store)).toEqual({ beta: '1.2.0', stable: '1.0.0' });
    const report = await set(store, 'stable', promote('beta'));
    expect(report).toMatchObject({ channel: 'stable', from: '1.0.0', to: '1.2.0', changed: true });
    expect(report.roles.map(({ role }) => role)).toEqual(['gateway.channels', 'snapshot', 'timestamp']);
    const added = store.keys().filter((key) => !published.objects.has(key));
    expect(added.filter((key) => key.startsWith('targets/'))).toHaveLength(1);
    expect(await channels(store)).toEqual({ beta: '1.2.0', stable: '1.2.0' });
    expect((await update(folder.at('device'), store, trust)).to).toBe('1.2.0');
    await tufJsAccepts(store, trust.roots[0] as Uint8Array, NOW);
  });

  it('is given a live release by its version, and that once', async () => {
    const store = published.copy();
    expect(await set(store, 'stable', promote('1.1.0'))).toMatchObject({ from: '1.0.0', to: '1.1.0' });
    const before = new Map(store.objects);
    const unlock = vi.fn(async () => [ONLINE]);
    expect(await set(store, 'stable', promote('1.1.0'), { unlock })).toMatchObject({
      changed: false,
      roles: [],
    });
    expect(unlock).not.toHaveBeenCalled();
    expect(store.objects).toEqual(before);
  });

  it('is made and taken away; devices on it stay at what they have', async () => {
    const store = published.copy();
    expect(await set(store, 'lts', create('stable'))).toMatchObject({ to: '1.0.0', changed: true });
    const device = folder.at('device');
    expect((await update(device, store, trust, { channel: name('lts') })).to).toBe('1.0.0');
    expect(await set(store, 'lts', { kind: 'remove' })).toMatchObject({ from: '1.0.0', changed: true });
    expect(await channels(store)).toEqual({ beta: '1.2.0', stable: '1.0.0' });
    expect((await refusal(() => update(device, store, trust, { channel: name('lts') }))).code).toBe(
      'channel-unlisted',
    );
    expect((await update(device, store, trust)).to).toBe('1.0.0');
  });

  it('goes back only when asked, and never below a counter', async () => {
    const store = published.copy();
    await set(store, 'stable', promote('1.1.0'));
    const before = new Map(store.objects);
    expect(await refusal(() => set(store, 'stable', promote('1.0.0')))).toMatchObject({
      code: 'channel-back',
    });
    expect(await refusal(() => set(store, 'beta', promote('1.1.0', true)))).toMatchObject({
      code: 'counter-lower',
      faults: [{ where: 'radio' }],
    });
    expect(store.objects).toEqual(before);
    expect((await set(store, 'stable', promote('1.0.0', true))).to).toBe('1.0.0');
  });

  it.each([
    ['lts', promote('beta'), 'channel-missing'],
    ['lts', { kind: 'remove' }, 'channel-missing'],
    ['beta', create('1.0.0'), 'channel-exists'],
    ['stable', promote('9.9.9'), 'release-missing'],
    ['stable', promote('../beta'), 'release-missing'],
  ] as const)('%s cannot be changed by %j: %s', async (channel, change, code) => {
    const store = published.copy();
    expect(await refusal(() => set(store, channel, change))).toMatchObject({ code, exitCode: 3 });
    expect(store.objects).toEqual(published.objects);
  });

  it('does not name an archived release, and says how it comes back', async () => {
    const store = published.copy();
    await set(store, 'stable', promote('beta'));
    const path = await makeBundle(bundles, {
      version: '1.3.0',
      components: { radio: { image: noise(9, 500), counter: 2 } },
    });
    const keep = { releases: 1, versions: [] };
    await publishFile(path, { store, trust, keep, deltasFrom: 0, scratch: `${bundles}/scratch` });
    expect(await refusal(() => set(store, 'beta', promote('1.0.0', true)))).toMatchObject({
      code: 'release-archived',
      hint: expect.stringContaining('ota archive get'),
    });
  });

  it('takes the channel’s key and no other', async () => {
    const store = published.copy();
    const error = await refusal(() => set(store, 'stable', promote('beta'), { signers: [RELEASE] }));
    expect(error.faults.map(({ where }) => where)).toEqual(['gateway.channels', 'snapshot', 'timestamp']);
    expect(store.objects).toEqual(published.objects);
  });

  it('waits for the release keys to sign the product’s role after they were changed', async () => {
    const store = published.copy();
    const bob = signerNamed('bob');
    const by = await rotate(trust, { gateway: { signers: [bob] }, by: [RELEASE] });
    const error = await refusal(() => set(store, 'stable', promote('beta'), { by }));
    expect(error).toMatchObject({ code: 'threshold-unmet', where: 'gateway' });
    expect(store.objects).toEqual(published.objects);
  });
});

describe('a rollout', () => {
  const DAY = 86_400;
  const ids = Array.from({ length: 40 }, (_, number) => `gw-${number}`);
  const steps = [
    { at: NOW, percent: 50 },
    { at: NOW + DAY, percent: 100 },
  ];
  const staged = (to: string): ChannelChange => ({ kind: 'promote', to, rollback: false, steps });
  const explain = async (store: WritableStore, device: string, now = NOW) =>
    (await explainChannel({ store, trust, product: PRODUCT, channel: STABLE, device, now })).given;
  /** One id that is in at the first step, and one that is not. */
  const early = async (store: WritableStore) => {
    const given = await Promise.all(ids.map((id) => explain(store, id)));
    return [ids[given.indexOf(version('1.1.0'))] ?? '', ids[given.indexOf(version('1.0.0'))] ?? ''] as const;
  };
  const device = (id: string, store: WritableStore, now = NOW) =>
    updateDevice({
      folder: folder.at(id),
      store,
      create: { product: PRODUCT, hardware: HARDWARE, channel: STABLE, id, rootBytes: anchorOf(trust) },
      now,
      progress: silent,
    });

  it('gives devices what anybody can work out ahead, and all of them the release at its end', async () => {
    const store = published.copy();
    const report = await set(store, 'stable', staged('1.1.0'));
    expect(report).toMatchObject({
      from: '1.0.0',
      to: '1.1.0',
      rollout: { from: { version: '1.0.0' }, steps },
    });
    const [first, last] = await early(store);
    expect((await device(first, store)).to).toBe('1.1.0');
    expect((await device(last, store)).to).toBe('1.0.0');
    const preview = {
      store,
      rootBytes: anchorOf(trust),
      product: PRODUCT,
      hardware: HARDWARE,
      channel: STABLE,
    };
    for (const [id, to] of [
      [first, '1.1.0'],
      [last, '1.0.0'],
    ] as const) {
      expect((await previewUpdate({ ...preview, id, now: NOW, progress: silent })).to).toBe(to);
    }
    expect((await device(last, store, NOW + DAY)).to).toBe('1.1.0');
    await tufJsAccepts(store, anchorOf(trust), NOW);
  });

  it('is paused: who has the release keeps it, nobody else is given it; and resumed', async () => {
    const store = published.copy();
    await set(store, 'stable', staged('1.1.0'));
    const [first, last] = await early(store);
    await device(first, store);
    expect((await set(store, 'stable', { kind: 'pause' })).rollout?.paused).toBe(NOW);
    expect((await set(store, 'stable', { kind: 'pause' })).changed).toBe(false);
    const other = ids.find((id) => id !== first && id !== last) ?? '';
    expect((await device(first, store, NOW + 2 * DAY)).to).toBe('1.1.0');
    for (const id of [last, other]) expect((await device(id, store, NOW + 2 * DAY)).to).toBe('1.0.0');
    expect((await set(store, 'stable', { kind: 'resume' })).rollout).toEqual({
      from: expect.anything(),
      steps,
    });
    expect((await set(store, 'stable', { kind: 'resume' })).changed).toBe(false);
    expect((await device(last, store, NOW + DAY)).to).toBe('1.1.0');
  });

  it('keeps both releases live, ends when told to, and is not begun anew by publishing the same', async () => {
    const store = published.copy();
    await set(store, 'stable', staged('1.1.0'));
    const path = await makeBundle(bundles, {
      version: '1.4.0',
      components: { radio: { image: noise(7, 500), counter: 2 } },
    });
    const options = {
      store,
      trust,
      keep: { releases: 1, versions: [] },
      deltasFrom: 0,
      scratch: `${bundles}/scratch`,
    };
    await publishFile(path, { ...options, channel: BETA });
    const [first, last] = await early(store);
    expect((await device(last, store)).to).toBe('1.0.0');
    expect(await refusal(() => set(store, 'stable', staged('1.4.0')))).toMatchObject({
      code: 'rollout-running',
    });
    const again = await makeBundle(bundles, {
      version: '1.1.0',
      components: { radio: { image: patched(noise(1, 500), 1), counter: 1 } },
    });
    expect((await publishFile(again, options)).changed).toBe(false);
    expect(await explain(store, last)).toBe('1.0.0');
    expect(await set(store, 'stable', promote('1.1.0'))).toMatchObject({ changed: true, to: '1.1.0' });
    expect((await device(last, store)).to).toBe('1.1.0');
    expect((await device(first, store)).to).toBe('1.1.0');
    expect(await refusal(() => set(store, 'stable', { kind: 'pause' }))).toMatchObject({
      code: 'rollout-missing',
    });
  });

  it('is taken back: the devices that had the release go to the one before it', async () => {
    const store = published.copy();
    await set(store, 'stable', staged('1.1.0'));
    const [first] = await early(store);
    expect((await device(first, store)).to).toBe('1.1.0');
    await set(store, 'stable', promote('1.0.0', true));
    expect((await device(first, store)).to).toBe('1.0.0');
  });
});
