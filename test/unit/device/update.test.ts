import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { silent } from '../../../src/core/progress.ts';
import { deviceFolder, loadDevice } from '../../../src/device/device.ts';
import { updateDevice } from '../../../src/device/update.ts';
import { refusal } from '../../support/client.ts';
import { freshFolder, sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import {
  makeBundle,
  makeTrust,
  name,
  noise,
  patched,
  publishFile,
  type TestRelease,
  update,
} from '../../support/release.ts';
import { WritableStore } from '../../support/writable-store.ts';

const bundles = sharedFolder();
const folder = freshFolder();
const trust = await makeTrust();
const RADIO = noise(1, 3000);
const BOOT = noise(2, 800);

/** A store with these releases, published in order. */
async function storeWith(...releases: readonly TestRelease[]): Promise<WritableStore> {
  const store = new WritableStore();
  for (const release of releases) await add(store, release);
  return store;
}

let made = 0;
async function add(store: WritableStore, release: TestRelease): Promise<void> {
  made += 1;
  const path = await makeBundle(`${bundles}/${made}`, release);
  await publishFile(path, { store, trust, scratch: `${bundles}/scratch` });
}

const release = (version: string, components: TestRelease['components']): TestRelease => ({
  version,
  components,
});
const FIRST = release('1.0.0', { boot: { image: BOOT, version: '1.0.0' as never }, radio: { image: RADIO } });
const SECOND = release('1.1.0', {
  boot: { image: BOOT, version: '1.0.0' as never },
  radio: { image: patched(RADIO, 5) },
});
let both: WritableStore;
let one: WritableStore;
beforeAll(async () => {
  one = await storeWith(FIRST);
  both = one.copy();
  await add(both, SECOND);
});

const home = () => folder.at('device');
const deviceNow = async () => (await loadDevice(deviceFolder(home()))) ?? expect.fail('no device');

describe('updateDevice', () => {
  it('makes a device, then updates it by a delta and keeps what did not change', async () => {
    const first = await update(home(), one, trust);
    expect(first).toMatchObject({ to: '1.0.0', changed: true, downloadedBytes: 3800 });
    expect(first).not.toHaveProperty('from');
    const second = await update(home(), both, trust);
    expect(second.components.map(({ component, action }) => [component, action])).toEqual([
      ['boot', 'keep'],
      ['radio', 'delta'],
    ]);
    expect(second).toMatchObject({ from: '1.0.0', to: '1.1.0', changed: true });
    expect(second.downloadedBytes).toBeLessThan(500);
    expect(existsSync(folder.at('device', 'cache'))).toBe(false);
    expect(await update(home(), both, trust)).toMatchObject({ changed: false, downloadedBytes: 0 });
  });

  it('writes a damaged slot again, in full', async () => {
    await update(home(), both, trust);
    writeFileSync(folder.at('device', 'slots', 'radio'), noise(9, 3000));
    const report = await update(home(), both, trust);
    expect(report.components.find(({ component }) => component === 'radio')).toMatchObject({
      action: 'full',
    });
    expect(readFileSync(folder.at('device', 'slots', 'radio'))).toEqual(Buffer.from(patched(RADIO, 5)));
  });

  it('takes the full payload where a delta needs more memory than the component has', async () => {
    const small = release('1.1.0', { radio: { image: patched(RADIO, 6), delta: { memory: 30_000 } } });
    const store = await storeWith(release('1.0.0', { radio: { image: RADIO } }), small);
    const before = await storeWith(release('1.0.0', { radio: { image: RADIO } }));
    await update(home(), before, trust);
    const report = await update(folder.at('other'), store, trust);
    expect(report.components).toMatchObject([{ action: 'full' }]);
    expect(store.keys().filter((key) => key.endsWith('.otad'))).toHaveLength(1);
  });

  it('writes a new slot in full when a component moves to it', async () => {
    const moved = release('1.1.0', {
      radio: { image: patched(RADIO, 5), slot: { name: name('b'), size: 4000 } },
    });
    const store = one.copy();
    await update(home(), one, trust);
    await add(store, moved);
    const report = await update(home(), store, trust);
    expect(report.components).toMatchObject([{ component: 'radio', action: 'full' }]);
    expect((await deviceNow()).components.get(name('radio'))?.slot).toBe('b');
  });

  it('remembers the counter of a release also for a component that it kept', async () => {
    const raised = release('1.1.0', {
      boot: { image: BOOT, version: '1.0.0' as never, counter: 4 },
      radio: { image: patched(RADIO, 5) },
    });
    const store = one.copy();
    await update(home(), one, trust);
    await add(store, raised);
    const report = await update(home(), store, trust);
    expect(report.components[0]).toMatchObject({ component: 'boot', action: 'keep' });
    expect((await deviceNow()).components.get(name('boot'))?.counter).toBe(4);
  });

  it('keeps the counter of a component that a release no longer has', async () => {
    const store = one.copy();
    await update(home(), one, trust);
    await add(store, release('1.1.0', { radio: { image: patched(RADIO, 5) } }));
    await update(home(), store, trust);
    expect((await deviceNow()).components.get(name('boot'))?.counter).toBe(1);
  });

  it('asks for what a new device needs, and leaves no half of one', async () => {
    const options = { folder: home(), store: one, now: NOW, progress: silent };
    expect(await refusal(() => updateDevice(options))).toMatchObject({ code: 'device-invalid' });
    expect(existsSync(home())).toBe(false);
  });

  it('refuses a channel that nobody published', async () => {
    const error = await refusal(() => update(home(), one, trust, { channel: name('beta') }));
    expect(error).toMatchObject({ code: 'target-missing', exitCode: 4 });
    expect(existsSync(folder.at('device', 'slots'))).toBe(false);
  });

  it('refuses a release for other hardware before the first slot is written', async () => {
    const error = await refusal(() => update(home(), one, trust, { hardware: name('gw-z9') }));
    expect(error.code).toBe('hardware-mismatch');
    expect(existsSync(folder.at('device', 'slots'))).toBe(false);
  });
});
