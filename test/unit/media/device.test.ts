import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { silent } from '../../../src/core/progress.ts';
import { DAY } from '../../../src/core/time.ts';
import { diskState } from '../../../src/device/client/disk-state.ts';
import { ROOT_FILE, SNAPSHOT_FILE, TIMESTAMP_FILE } from '../../../src/device/client/state.ts';
import { deviceFolder, loadDevice } from '../../../src/device/device.ts';
import { setChannel } from '../../../src/publish/set-channel.ts';
import type { MediaProfile } from '../../../src/repository/media-profile.ts';
import { parseRoot } from '../../../src/repository/parse-root.ts';
import { refusal } from '../../support/client.ts';
import { ALL_FAULTS } from '../../support/counts.ts';
import { filesBelow, sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import { type Fleet, imagesAt, LIMIT, LONG_AGO, makeFleet } from '../../support/media-fleet.ts';
import { memoryMedium, updateFrom } from '../../support/medium.ts';
import { recall } from '../../support/recall.ts';
import {
  anchorOf,
  name,
  noise,
  ONLINE,
  PRODUCT,
  RELEASE,
  STABLE,
  seeded,
  update,
  version,
} from '../../support/release.ts';
import { rotate } from '../../support/rotation.ts';
import { slotsOf, timestampVersion } from '../../support/scenario.ts';
import type { WritableStore } from '../../support/writable-store.ts';

// Nothing loses power here, so nothing waits for the disk.
vi.mock('node:fs/promises', async (original) =>
  (await import('../../support/faulty-fs.ts')).faultyFs(await original<typeof import('node:fs/promises')>()),
);
vi.mock('../../../src/keys/ed25519.ts', async (original) =>
  (await import('../../support/memoized.ts')).memoized(
    await original<typeof import('../../../src/keys/ed25519.ts')>(),
  ),
);

const folder = sharedFolder();
let fleet: Fleet;
beforeAll(async () => {
  fleet = await makeFleet(folder);
});

const ADVICE: MediaProfile = { expiry: 'advice', counter: 0 };
const medium = async (at = NOW, profile = LIMIT) => memoryMedium(await fleet.store('1.2.0', at, { profile }));
const fileOf = (device: string) => loadDevice(deviceFolder(device));
const loaded = (device: string, file: string) => diskState(deviceFolder(device).trust).load(file);
const isFull = (key: string) => /\/[0-9a-f]{64}\.(?:boot|radio)$/.test(key);
const isDelta = (key: string) => key.includes('.from.');
const promote = (store: WritableStore, to: string, more: object = {}) =>
  change(store, { kind: 'promote', to, rollback: false, ...more });
const change = (store: WritableStore, what: Parameters<typeof setChannel>[0]['change']) =>
  setChannel({
    store,
    trust: fleet.trust,
    product: PRODUCT,
    channel: STABLE,
    change: what,
    atHand: new Set([ONLINE.publicKey.keyid]),
    unlock: async () => [ONLINE],
    now: NOW,
    progress: silent,
  });

describe('a device with a medium', () => {
  it('updates over five rotations of the root and years, by deltas and full payloads; nothing is written to the medium', async () => {
    const device = await fleet.device('1.1.0', { behind: true });
    const from = await medium();
    const report = await updateFrom(from, device, { now: NOW });
    expect(report).toMatchObject({
      from: '1.1.0',
      to: '1.2.0',
      medium: { made: NOW, until: NOW + 548 * DAY },
    });
    expect(report.components.map(({ action }) => action)).toEqual(['full', 'delta']);
    expect(slotsOf(device)).toEqual(imagesAt('1.2.0'));
    expect(parseRoot((await loaded(device, ROOT_FILE)) ?? new Uint8Array(), 'root').signed.version).toBe(6);
    expect(from.requests.filter((request) => !/^(?:read|stream|stat) /.test(request))).toEqual([]);
    expect(await updateFrom(from, device)).toMatchObject({ changed: false, to: '1.2.0', downloadedBytes: 0 });
  });

  it('is made from one, or not at all', async () => {
    const at = fleet.folder();
    expect(await updateFrom(await medium(), at, { create: fleet.create() })).toMatchObject({ to: '1.2.0' });
    expect(slotsOf(at)).toEqual(imagesAt('1.2.0'));
    const none = fleet.folder();
    const create = fleet.create({ clock: 'trusted' });
    const old = await medium(NOW - 600 * DAY);
    expect((await refusal(() => updateFrom(old, none, { create }))).code).toBe('media-expired');
    expect(filesBelow(none).size).toBe(0);
  });

  it('keeps what it trusts of the network as it was, and goes on there', async () => {
    const device = fleet.folder();
    const online = await fleet.store('1.1.0', NOW);
    for (const to of ['1.0.0', '1.1.0', '1.0.0', '1.1.0']) await promote(online, to, { rollback: true });
    await update(device, online, fleet.first);
    const before = [await loaded(device, TIMESTAMP_FILE), await loaded(device, SNAPSHOT_FILE)];
    const from = await medium(NOW - DAY);
    expect(timestampVersion(from)).toBeLessThan(timestampVersion(online));
    expect((await updateFrom(from, device)).to).toBe('1.2.0');
    expect([await loaded(device, TIMESTAMP_FILE), await loaded(device, SNAPSHOT_FILE)]).toEqual(before);
    await promote(online, '1.0.0', { rollback: true });
    expect((await update(device, online, fleet.first)).to).toBe('1.0.0');
  });

  it('that a root withdraws the online key of forgets what that key had signed, also where a medium brings the root', async () => {
    const device = fleet.folder();
    await update(device, await fleet.store('1.1.0', NOW), fleet.first);
    const [thief, online] = [seeded(36), { signers: [seeded(36)] }];
    const trust = await rotate(fleet.trust, {
      snapshot: online,
      timestamp: online,
      by: [seeded(35), RELEASE],
    });
    const store = await fleet.store('1.2.0', NOW - DAY, { trust, signers: [RELEASE, thief, ONLINE] });
    await updateFrom(memoryMedium(store), device);
    expect(parseRoot((await loaded(device, ROOT_FILE)) ?? new Uint8Array(), 'root').signed.version).toBe(7);
    expect(await loaded(device, TIMESTAMP_FILE)).toBeUndefined();
  });
});

describe('what is on the medium', () => {
  const sliced = async (keep: (key: string) => boolean, use = {}) =>
    memoryMedium(await fleet.store('1.2.0', NOW, { profile: LIMIT }), { keep, use });

  it('may be deltas alone for what the device has', async () => {
    const device = await fleet.device('1.1.0');
    const only = await sliced((key) => !/\.radio$/.test(key) && !key.includes('/1.0.0/'));
    expect((await updateFrom(only, device)).components.map(({ action }) => action)).toEqual([
      'full',
      'delta',
    ]);
    expect(slotsOf(device)).toEqual(imagesAt('1.2.0'));
  });

  it('is told where it is for other bases, every component named, with what it is for', async () => {
    const device = await fleet.device('1.1.0');
    const only = await sliced((key) => !isFull(key), { full: false, from: [version('1.0.0')] });
    const before = filesBelow(join(device, 'slots'));
    const found = await refusal(() => updateFrom(only, device));
    expect(found).toMatchObject({ code: 'media-other-base', exitCode: 4, faults: [{ where: 'boot' }] });
    expect(found.hint).toContain('This one is for devices that have 1.0.0.');
    rmSync(join(device, 'slots', 'radio'));
    const damaged = await refusal(() => updateFrom(only, device));
    expect(damaged.faults).toEqual([
      { where: 'boot', message: 'the medium has no delta from what is installed' },
      { where: 'radio', message: 'its slot does not hold what was installed' },
    ]);
    expect(before.get('boot')).toEqual(slotsOf(device).get('boot'));
    const fresh = await refusal(() => updateFrom(only, fleet.folder(), { create: fleet.create() }));
    expect(fresh.message).toContain('and this one has nothing installed');
  });

  it('may be the full payload alone, or takes the place of a delta that is damaged or missing', async () => {
    const whole = await sliced((key) => !isDelta(key));
    const first = await updateFrom(whole, await fleet.device('1.1.0'));
    expect(first.components.map(({ action }) => action)).toEqual(['full', 'full']);
    for (const spoil of ['damaged', 'missing', 'short'] as const) {
      const from = await sliced(() => true);
      for (const [key, bytes] of from.objects) {
        if (!isDelta(key)) continue;
        if (spoil === 'missing') from.objects.delete(key);
        else if (spoil === 'short') from.objects.set(key, bytes.subarray(1));
        else from.objects.set(key, noise(7, bytes.length));
      }
      const device = await fleet.device('1.1.0');
      const { components } = await updateFrom(from, device);
      expect(components[1]).toMatchObject({
        action: 'full',
        fellBack: spoil === 'damaged' ? 'digest-mismatch' : 'media-incomplete',
      });
      expect(slotsOf(device)).toEqual(imagesAt('1.2.0'));
    }
  });

  it('is told where only the delta was meant to be there, and that is damaged', async () => {
    const from = await sliced((key) => !/\.radio$/.test(key));
    const key = from.keys('targets/').find((item) => item.includes('1.2.0') && isDelta(item)) ?? '';
    const bytes = from.objects.get(key) ?? new Uint8Array();
    from.objects.set(key, noise(8, bytes.length));
    const device = await fleet.device('1.1.0');
    expect(await refusal(() => updateFrom(from, device))).toMatchObject({ code: 'media-damaged' });
    from.objects.delete(key);
    expect(await refusal(() => updateFrom(from, device))).toMatchObject({
      code: 'media-incomplete',
      where: key,
    });
    expect(slotsOf(device)).toEqual(imagesAt('1.1.0'));
  });

  it('is for other products, hardware or channels, and says so', async () => {
    const nothing = (key: string) => !key.startsWith('targets/');
    const create = fleet.create({ hardware: name('gw-b2') });
    const told = async (use: object, keep = nothing) => {
      const from = await sliced(keep, use);
      return refusal(() => updateFrom(from, fleet.folder(), { create }));
    };
    expect(await told({ product: name('meter') })).toMatchObject({
      code: 'hardware-mismatch',
      message: 'the medium is for meter, and this device is a gateway',
    });
    expect((await told({})).message).toContain('hardware gw-a1, and this device has gw-b2');
    const beta = await told({ channels: [name('beta')], hardware: [name('gw-b2')] });
    expect(beta).toMatchObject({ code: 'channel-unlisted' });
    expect(beta.hint).toContain('--channel beta');
  });
});

describe('a rollout', () => {
  it('holds nobody back who has a medium; a pause and a recall do', async () => {
    const store = await fleet.store('1.1.0', NOW, { profile: LIMIT });
    const later = await fleet.store('1.2.0', NOW, { profile: LIMIT });
    await promote(later, '1.1.0', { rollback: true });
    await promote(later, '1.2.0', { steps: [{ at: NOW + 9 * DAY, percent: 1 }] });
    expect((await updateFrom(memoryMedium(later), await fleet.device('1.1.0'))).to).toBe('1.2.0');
    await change(later, { kind: 'pause' });
    expect(await updateFrom(memoryMedium(later), await fleet.device('1.1.0'))).toMatchObject({
      changed: false,
      to: '1.1.0',
    });
    await recall(store, fleet.trust, '1.1.0');
    const held = await updateFrom(memoryMedium(store), await fleet.device('1.0.0'));
    expect(held).toMatchObject({
      changed: false,
      to: '1.0.0',
      held: { version: '1.1.0' },
      medium: { made: NOW },
    });
    const fresh = await refusal(() =>
      updateFrom(memoryMedium(store), fleet.folder(), { create: fleet.create() }),
    );
    expect(fresh.code).toBe('channel-held');
  });
});

describe('the order of releases', () => {
  it('is never gone back in, by whatever channel; from the network it may be', async () => {
    const device = await fleet.device('1.3.0');
    expect(await refusal(async () => updateFrom(await medium(), device))).toMatchObject({
      code: 'media-older',
      message: 'the medium has gateway 1.2.0, and this device has 1.3.0, which is later',
    });
    expect((await update(device, await fleet.store('1.2.0', NOW), fleet.first)).to).toBe('1.2.0');
    expect(await fileOf(device)).toMatchObject({ release: '1.2.0', sequence: 3 });
  });
});

describe('the media counter', () => {
  it('is remembered once a medium was taken, and makes those below it void', async () => {
    const device = await fleet.device('1.0.0');
    const first = memoryMedium(await fleet.store('1.1.0', NOW, { profile: { ...LIMIT, counter: 2 } }));
    await updateFrom(first, device);
    expect(await fileOf(device)).toMatchObject({ mediaCounter: 2 });
    const found = await refusal(async () => updateFrom(await medium(NOW, { ...ADVICE, counter: 1 }), device));
    expect(found).toMatchObject({ code: 'media-revoked', exitCode: 4 });
    expect(slotsOf(device)).toEqual(imagesAt('1.1.0'));
    expect((await updateFrom(await medium(NOW, { ...ADVICE, counter: 2 }), device)).to).toBe('1.2.0');
  });

  it('counts also of a medium that had nothing to install, and of none that was refused', async () => {
    const device = await fleet.device('1.2.0');
    await updateFrom(await medium(NOW, { ...LIMIT, counter: 5 }), device);
    expect(await fileOf(device)).toMatchObject({ mediaCounter: 5, release: '1.2.0' });
    const other = await fleet.device('1.1.0', { clock: 'trusted' });
    const expired = await medium(NOW - 600 * DAY, { ...LIMIT, counter: 7 });
    expect((await refusal(() => updateFrom(expired, other))).code).toBe('media-expired');
    expect(await fileOf(other)).not.toHaveProperty('mediaCounter');
  });
});

describe('the time', () => {
  it('is proven by media, and no clock is looked at', async () => {
    const device = await fleet.device('1.0.0');
    expect(await updateFrom(memoryMedium(await fleet.store('1.1.0', NOW)), device, { now: 0 })).toMatchObject(
      { to: '1.1.0' },
    );
    const old = await medium(NOW - 600 * DAY);
    expect((await refusal(() => updateFrom(old, device, { now: 0 }))).code).toBe('media-expired');
    // To one that has seen nothing later it is as good as on its first day.
    expect(await updateFrom(old, await fleet.device('1.1.0'), { now: NOW })).toMatchObject({ to: '1.2.0' });
  });

  it('is also proven by the network', async () => {
    const device = fleet.folder();
    await update(device, await fleet.store('1.1.0', NOW), fleet.first);
    expect((await refusal(async () => updateFrom(await medium(NOW - 600 * DAY), device))).code).toBe(
      'media-expired',
    );
  });

  it('is no longer proven by a key that was withdrawn, wherever that key put it', async () => {
    const device = await fleet.device('1.0.0');
    const stolen = memoryMedium(await fleet.store('1.1.0', NOW + 600 * DAY));
    await updateFrom(stolen, device);
    expect((await refusal(async () => updateFrom(await medium(), device))).code).toBe('media-expired');
    const key = seeded(36);
    const trust = await rotate(fleet.trust, {
      snapshot: { signers: [key] },
      timestamp: { signers: [key] },
      by: [seeded(35), RELEASE],
    });
    const next = await fleet.store('1.2.0', NOW, { profile: LIMIT, trust, signers: [RELEASE, key, ONLINE] });
    expect(await updateFrom(memoryMedium(next), device)).toMatchObject({ to: '1.2.0' });
  });

  it('of an expired medium is no matter where nothing is installed; a damaged slot is not repaired from it', async () => {
    const device = await fleet.device('1.2.0', { clock: 'trusted' });
    const old = await medium(NOW - 600 * DAY);
    expect(await updateFrom(old, device)).toMatchObject({ changed: false, to: '1.2.0' });
    writeFileSync(join(device, 'slots', 'boot'), 'damaged');
    expect((await refusal(() => updateFrom(old, device))).code).toBe('media-expired');
    expect(await updateFrom(await medium(), device)).toMatchObject({ changed: true, from: '1.2.0' });
    expect(slotsOf(device)).toEqual(imagesAt('1.2.0'));
  });
});

describe('a medium that is pulled out', () => {
  it('at any read leaves the device with what it had, and the same again completes', async () => {
    const whole = await medium();
    const probe = await fleet.device('1.1.0');
    whole.requests.length = 0;
    await updateFrom(whole, probe);
    const reads = whole.requests.length;
    expect(reads).toBeGreaterThan(15);
    for (let number = 1; number <= reads; number += ALL_FAULTS ? 1 : 4) {
      const device = await fleet.device('1.1.0');
      const from = await medium();
      from.fate = (at) => {
        if (at < number) return 'do';
        throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read' });
      };
      expect((await refusal(() => updateFrom(from, device))).code).toBe('media-removed');
      expect(slotsOf(device)).toEqual(imagesAt('1.1.0'));
      const { components } = await updateFrom(whole, device);
      expect(components.map(({ action }) => action)).toEqual(['full', 'delta']);
      expect(slotsOf(device)).toEqual(imagesAt('1.2.0'));
      rmSync(device, { recursive: true });
    }
  });
});

it('a device is told apart by its clock only when it is made', async () => {
  const device = await fleet.device('1.1.0', { clock: 'trusted' });
  const again = await refusal(async () => updateFrom(await medium(), device, { create: { clock: 'none' } }));
  expect(again).toMatchObject({ code: 'device-invalid', exitCode: 4 });
  expect(await fileOf(device)).toMatchObject({ clock: 'trusted' });
  expect(LONG_AGO).toBeLessThan(NOW);
  expect(anchorOf(fleet.first)).toEqual(anchorOf(fleet.trust));
});
