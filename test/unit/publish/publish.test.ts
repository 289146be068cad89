import { beforeAll, describe, expect, it } from 'vitest';
import { DAY } from '../../../src/core/time.ts';
import { expiryOf } from '../../../src/repository/policy.ts';
import { refusal } from '../../support/client.ts';
import { freshFolder, sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import {
  makeBundle,
  makeTrust,
  name,
  noise,
  ONLINE,
  type PublishTest,
  patched,
  publishFile,
  RELEASE,
  update,
} from '../../support/release.ts';
import { rotate } from '../../support/rotation.ts';
import { signerNamed } from '../../support/signers.ts';
import { WritableStore } from '../../support/writable-store.ts';

const bundles = sharedFolder();
const folder = freshFolder();
const trust = await makeTrust();
const RADIO = noise(1, 3000);
const BOOT = noise(2, 1000);
let first = '';
let second = '';

beforeAll(async () => {
  first = await makeBundle(bundles, {
    version: '1.0.0',
    notes: 'The first.',
    components: { boot: { image: BOOT, delta: false }, radio: { image: RADIO } },
  });
  second = await makeBundle(bundles, {
    version: '1.1.0',
    components: {
      boot: { image: patched(BOOT, 7), delta: false },
      radio: { image: patched(RADIO, 7), compression: 'zstd' },
    },
  });
});

const into = (store: WritableStore, options: Partial<PublishTest> = {}): PublishTest => ({
  store,
  trust,
  scratch: folder.at('scratch'),
  ...options,
});

describe('publish', () => {
  it('writes payloads, extras, signatures and the manifest first, then roles, the timestamp last', async () => {
    const store = new WritableStore();
    const report = await publishFile(first, into(store));
    const written = store.requests.filter((request) => /^(?:create|replace) /.test(request));
    expect(written.map((request) => request.replace(/[0-9a-f]{64}/, 'DIGEST'))).toEqual([
      'create targets/gateway/1.0.0/DIGEST.boot',
      'create targets/gateway/1.0.0/DIGEST.radio',
      'create targets/gateway/1.0.0/DIGEST.extra_notes.md',
      'create targets/gateway/1.0.0/DIGEST.signatures.json',
      'create targets/gateway/1.0.0/DIGEST.manifest.json',
      'create targets/gateway/channels/DIGEST.stable.json',
      'create metadata/1.root.json',
      'create metadata/1.gateway.channels.json',
      'create metadata/1.gateway.json',
      'create metadata/1.targets.json',
      'create metadata/1.snapshot.json',
      'replace metadata/timestamp.json',
    ]);
    expect(report).toMatchObject({ changed: true, deltas: [], product: 'gateway', version: '1.0.0' });
    const bytes = report.targets.reduce((sum, { length }) => sum + length, 0);
    expect(report.uploadedBytes).toBe(bytes);
    expect(report.roles.at(-1)).toEqual({
      role: 'timestamp',
      version: 1,
      expires: expiryOf('timestamp', NOW),
    });
  });

  it('writes the roots and targets that the trust folder is ahead by, and a device follows them', async () => {
    const store = new WritableStore();
    await publishFile(first, into(store));
    await update(folder.at('device'), store, trust);
    const [alice, bob, night] = [signerNamed('alice'), signerNamed('bob'), signerNamed('night')];
    const once = await rotate(trust, { root: { signers: [alice, bob] }, by: [RELEASE, alice, bob] });
    const twice = await rotate(once, {
      targets: { signers: [alice] },
      timestamp: { signers: [night] },
      by: [alice, bob],
    });
    const error = await refusal(() => publishFile(second, into(store, { trust: twice })));
    expect(error).toMatchObject({ code: 'signatures-missing', faults: [{ where: 'timestamp' }] });

    store.requests.length = 0;
    const signers = [RELEASE, ONLINE, night];
    await publishFile(second, into(store, { trust: twice, signers }));
    const written = store.requests.filter((request) => /^(?:create|replace) metadata/.test(request));
    expect(written).toEqual([
      'create metadata/2.root.json',
      'create metadata/3.root.json',
      'create metadata/2.gateway.channels.json',
      'create metadata/2.gateway.json',
      'create metadata/3.targets.json',
      'create metadata/2.snapshot.json',
      'replace metadata/timestamp.json',
    ]);
    expect((await update(folder.at('device'), store, trust)).to).toBe('1.1.0');
    expect(store.keys('metadata/').filter((key) => key.endsWith('targets.json'))).toHaveLength(2);
  });

  it('makes deltas where they are allowed and smaller, and a device takes them', async () => {
    const store = new WritableStore();
    await publishFile(first, into(store));
    await update(folder.at('device'), store, trust);
    const report = await publishFile(second, into(store));
    expect(report.deltas).toMatchObject([{ component: 'radio', fromRelease: '1.0.0', result: 'shipped' }]);
    const after = await update(folder.at('device'), store, trust);
    expect(after.components.map(({ component, action }) => [component, action])).toEqual([
      ['boot', 'full'],
      ['radio', 'delta'],
    ]);
  });

  it('makes no delta when none is asked for', async () => {
    const store = new WritableStore();
    await publishFile(first, into(store));
    expect((await publishFile(second, into(store, { deltasFrom: 0 }))).deltas).toEqual([]);
  });

  it('does nothing when all of it is there, and says so', async () => {
    const store = new WritableStore();
    await publishFile(first, into(store));
    const before = new Map(store.objects);
    const again = await publishFile(first, into(store, { now: NOW + DAY }));
    expect(again).toMatchObject({ changed: false, targets: [], roles: [], uploadedBytes: 0 });
    expect(store.objects).toEqual(before);
  });

  it('renews snapshot and timestamp alone when half of the life of the timestamp is over', async () => {
    const store = new WritableStore();
    await publishFile(first, into(store));
    const later = NOW + 16 * DAY;
    const again = await publishFile(first, into(store, { now: later, signers: [ONLINE] }));
    expect(again.roles.map(({ role, version }) => [role, version])).toEqual([
      ['snapshot', 2],
      ['timestamp', 2],
    ]);
    await update(folder.at('device'), store, trust, { now: NOW + 40 * DAY });
  });

  it('renews a role that has expired, so that devices take what is published', async () => {
    const store = new WritableStore();
    await publishFile(first, into(store));
    const later = NOW + 366 * DAY;
    const error = await refusal(() => publishFile(first, into(store, { now: later, signers: [ONLINE] })));
    expect(error).toMatchObject({ code: 'signatures-missing', faults: [{ where: 'gateway' }] });
    const again = await publishFile(first, into(store, { now: later }));
    expect(again.roles.map(({ role }) => role)).toEqual([
      'gateway.channels',
      'gateway',
      'snapshot',
      'timestamp',
    ]);
    expect((await update(folder.at('device'), store, trust, { now: later })).to).toBe('1.0.0');
  });

  it('puts an earlier release on another channel without uploading it again', async () => {
    const store = new WritableStore();
    await publishFile(first, into(store));
    await publishFile(second, into(store));
    const report = await publishFile(first, into(store, { channel: name('beta'), signers: [ONLINE] }));
    expect(report.targets.map(({ path }) => path)).toEqual(['gateway/channels/beta.json']);
    expect(report.roles.map(({ role }) => role)).toEqual(['gateway.channels', 'snapshot', 'timestamp']);
    const device = await update(folder.at('device'), store, trust, { channel: name('beta') });
    expect(device.to).toBe('1.0.0');
  });

  it('asks for every key that is missing before it writes anything', async () => {
    const store = new WritableStore();
    const error = await refusal(() => publishFile(first, into(store, { signers: [] })));
    expect(error).toMatchObject({ code: 'signatures-missing', exitCode: 5 });
    expect(error.faults.map(({ where }) => where)).toEqual([
      'gateway',
      'gateway.channels',
      'snapshot',
      'timestamp',
    ]);
    expect(store.keys()).toEqual([]);
  });

  it('takes the online key alone for neither a release nor its absence', async () => {
    const store = new WritableStore();
    const error = await refusal(() => publishFile(first, into(store, { signers: [ONLINE] })));
    expect(error.faults.map(({ where }) => where)).toEqual(['gateway']);
    expect((await publishFile(first, into(store, { signers: [ONLINE, RELEASE] }))).changed).toBe(true);
  });

  it('refuses a store that is somebody else’s', async () => {
    const store = new WritableStore();
    await publishFile(first, into(store));
    const before = new Map(store.objects);
    const other = await makeTrust(ONLINE, RELEASE);
    const error = await refusal(() => publishFile(second, into(store, { trust: other })));
    expect(error).toMatchObject({ code: 'root-differs', exitCode: 4 });
    expect(store.objects).toEqual(before);
  });
});
