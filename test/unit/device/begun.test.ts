import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { silent } from '../../../src/core/progress.ts';
import { deviceFolder, loadDevice } from '../../../src/device/device.ts';
import { updateDevice } from '../../../src/device/update.ts';
import { refusal } from '../../support/client.ts';
import { freshFolder, sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import { recall } from '../../support/recall.ts';
import {
  anchorOf,
  HARDWARE,
  makeBundle,
  makeTrust,
  name,
  noise,
  PRODUCT,
  type PublishTest,
  publishFile,
  type TestRelease,
  update,
} from '../../support/release.ts';
import { discard, slotsOf } from '../../support/scenario.ts';
import { imagesOfVersion, wayRelease } from '../../support/ways.ts';
import { WritableStore } from '../../support/writable-store.ts';

vi.mock('../../../src/keys/ed25519.ts', async (original) => {
  const { memoized } = await import('../../support/memoized.ts');
  return memoized(await original());
});

const bundles = sharedFolder();
const folder = freshFolder();
const trust = await makeTrust();
const home = () => folder.at('device');
const deviceNow = async () => (await loadDevice(deviceFolder(home()))) ?? expect.fail('no device');

let made = 0;
async function publish(store: WritableStore, release: TestRelease, options: Partial<PublishTest> = {}) {
  made += 1;
  const path = await makeBundle(`${bundles}/${made}`, release);
  return publishFile(path, { store, trust, scratch: `${bundles}/scratch`, ...options });
}

class Power extends Error {}

/** Begins an update and ends it once a component has been installed. */
async function beginOnly(store: WritableStore, component: string, create = {}): Promise<void> {
  const had = (await loadDevice(deviceFolder(home())))?.components.get(name(component))?.version;
  const progress = () => {
    const bytes = readFileSync(folder.at('device', 'device.json'), 'utf8');
    const now = JSON.parse(bytes).components[component]?.version;
    if (now !== undefined && now !== had) throw new Power();
  };
  await expect(
    updateDevice({ folder: home(), store, now: NOW, progress: existing(progress), create }),
  ).rejects.toThrow(Power);
}

/** A new device has no file at first. */
const existing = (look: () => void) => () => {
  try {
    look();
  } catch (error) {
    if (error instanceof Power) throw error;
  }
};

const images = (version: string) =>
  new Map(Object.entries(imagesOfVersion(version)).map(([key, image]) => [key, Buffer.from(image)]));

/** Leaves a store with one live release alone. */
const ALONE = { keep: { releases: 1, versions: [] }, deltasFrom: 0, strand: true } as const;

let two: WritableStore;
let three: WritableStore;
beforeAll(async () => {
  two = new WritableStore();
  await publish(two, wayRelease('1.0.0'));
  await publish(two, wayRelease('2.0.0'));
  three = two.copy();
  await publish(three, wayRelease('3.0.0'), ALONE);
  await publish(three, wayRelease('3.0.1'), ALONE);
});

describe('a device that has begun a release which is archived by now', () => {
  beforeEach(async () => {
    const one = new WritableStore();
    await publish(one, wayRelease('1.0.0'));
    await update(home(), one, trust);
    await beginOnly(two, 'boot');
    expect((await deviceNow()).updating?.version).toBe('2.0.0');
  });

  it('ends it, and goes on from there', async () => {
    const report = await update(home(), three, trust);
    expect(report).toMatchObject({ from: '1.0.0', to: '3.0.1', passed: ['2.0.0'] });
    expect(slotsOf(home())).toEqual(images('3.0.1'));
    expect(await deviceNow()).not.toHaveProperty('updating');
  });

  it('gets what its disk has lost of it by the digests that it verified, as long as they are stored', async () => {
    for (const file of (await deviceNow()).updating?.files.values() ?? []) {
      writeFileSync(folder.at('device', 'cache', file.sha256), 'damaged');
    }
    expect(await update(home(), three, trust)).toMatchObject({ to: '3.0.1', passed: ['2.0.0'] });
  });

  it('believes no other manifest than the one that it verified', async () => {
    const { sha256 } = (await deviceNow()).updating?.manifest ?? expect.fail('nothing begun');
    const path = folder.at('device', 'cache', sha256);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"counter": 5', '"counter": 6'));
    const before = slotsOf(home());
    expect(await refusal(() => update(home(), three, trust))).toMatchObject({ code: 'update-unsafe' });
    expect(slotsOf(home())).toEqual(before);
  });

  it('keeps the manifest of it until another is begun in its place', async () => {
    const { sha256 } = (await deviceNow()).updating?.manifest ?? expect.fail('nothing begun');
    const other = two.copy();
    const { boot } = wayRelease('2.0.0').components;
    if (!boot) throw new Error('no bootloader');
    await publish(other, {
      version: '2.5.0',
      components: { boot, linux: { image: noise(5, 900), counter: 3 } },
    });
    other.fate = (_, request, key) =>
      request === 'stream' && key.includes('2.5.0/') && key.includes('linux') ? 'fail' : 'do';
    await expect(update(home(), other, trust)).rejects.toThrow('linux');
    expect(readdirSync(folder.at('device', 'cache'))).toEqual([sha256]);
    expect(await update(home(), three, trust)).toMatchObject({ to: '3.0.1', passed: ['2.0.0'] });
  });

  it('ends it also where it then stays, since the newest was recalled', async () => {
    const recalled = three.copy();
    await recall(recalled, trust, '3.0.1');
    const report = await update(home(), recalled, trust);
    expect(report).toMatchObject({ to: '2.0.0', changed: true, held: { version: '3.0.1' } });
    expect(slotsOf(home())).toEqual(images('2.0.0'));
    expect(await update(home(), recalled, trust)).toMatchObject({ to: '2.0.0', changed: false });
  });

  it('ends it also where the newest is not for it, and says so then', async () => {
    const elsewhere = two.copy();
    for (const version of ['3.0.0', '3.0.1'] as const)
      await publish(elsewhere, wayRelease(version, { hardware: ['gw-b2'] }), ALONE);
    expect(await refusal(() => update(home(), elsewhere, trust))).toMatchObject({
      code: 'hardware-mismatch',
    });
    expect(slotsOf(home())).toEqual(images('2.0.0'));
    expect(await deviceNow()).toMatchObject({ release: '2.0.0' });
  });
});

it('a component whose image stays is another one from its step on, not only at the end', async () => {
  const store = new WritableStore();
  const [a, b] = [{ image: noise(1, 500) }, noise(2, 500)];
  await publish(store, { version: '1.0.0', components: { a, b: { image: b }, c: { image: noise(4, 500) } } });
  await update(home(), store, trust);
  const requires = { a: '>=2' } as never;
  await publish(store, {
    version: '2.0.0',
    components: { a, b: { image: noise(3, 500), requires }, c: { image: noise(5, 500) } },
  });
  await beginOnly(store, 'b');
  const { components, updating } = await deviceNow();
  expect(updating?.version).toBe('2.0.0');
  expect([...components.values()].map(({ version }) => version)).toEqual(['2.0.0', '2.0.0', '1.0.0']);
});

it('a restart after the last step is due as well, though all stands, until the device has restarted', async () => {
  const store = new WritableStore();
  await publish(store, { version: '1.0.0', components: { a: { image: noise(1, 500), reboot: true } } });
  const due = { rebootRequired: { after: ['a'], left: [] } };
  expect(await update(home(), store, trust, { boot: 'one' })).toMatchObject({
    ...due,
    to: '1.0.0',
    changed: true,
  });
  expect(await deviceNow()).toMatchObject({ release: '1.0.0' });
  expect(await update(home(), store, trust, { boot: 'one' })).toMatchObject({ ...due, changed: false });
  const after = await update(home(), store, trust, { boot: 'two' });
  expect(after).toMatchObject({ to: '1.0.0', changed: false });
  expect(after).not.toHaveProperty('rebootRequired');
});

it('a new device whose first release was cut off goes on, though what it has of it does not work', async () => {
  const store = new WritableStore();
  const part = (seed: number, requires: Record<string, string>) => ({
    image: noise(seed, 500),
    requires: requires as never,
  });
  await publish(store, {
    version: '1.0.0',
    components: { a: part(1, { b: '>=1' }), b: part(2, { a: '>=1' }) },
  });
  const create = { product: PRODUCT, hardware: HARDWARE, rootBytes: anchorOf(trust) };
  await beginOnly(store, 'a', create);
  expect((await deviceNow()).components.size).toBe(1);
  expect(await update(home(), store, trust)).toMatchObject({ to: '1.0.0', changed: true });
});

it('a release that is passed through has to fit into the slots as well', async () => {
  const store = two.copy();
  await publish(store, wayRelease('3.0.0'));
  const large = new WritableStore();
  await publish(large, wayRelease('1.0.0'));
  const { boot, linux } = wayRelease('2.0.0').components;
  if (!boot || !linux) throw new Error('no components');
  await publish(large, {
    version: '2.0.0',
    components: { boot, linux: { ...linux, image: noise(7, 901) } },
  });
  await publish(large, wayRelease('3.0.0'));
  for (const [from, code] of [
    [store, undefined],
    [large, 'update-unsafe'],
  ] as const) {
    const one = new WritableStore();
    await publish(one, wayRelease('1.0.0'));
    const create = {
      product: PRODUCT,
      hardware: HARDWARE,
      rootBytes: anchorOf(trust),
      slots: new Map([[name('linux'), 900]]),
    };
    await updateDevice({ folder: home(), store: one, create, now: NOW, progress: silent });
    const next = update(home(), from, trust);
    if (code === undefined) expect(await next).toMatchObject({ to: '3.0.0', passed: ['2.0.0'] });
    else await expect(next).rejects.toMatchObject({ code });
    discard(home());
  }
});
