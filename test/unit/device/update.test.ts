import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { updateLines } from '../../../src/cli/views/update.ts';
import { sha256 } from '../../../src/core/digest.ts';
import { silent } from '../../../src/core/progress.ts';
import { deviceFolder, loadDevice } from '../../../src/device/device.ts';
import { withDeviceLock } from '../../../src/device/lock.ts';
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

  it('fetches nothing for an image that stays the same under a new version, and records that version', async () => {
    await update(home(), one, trust);
    const renamed = one.copy();
    await add(
      renamed,
      release('1.1.0', {
        boot: { image: BOOT, version: '1.0.1' as never, counter: 2, provides: { api: '2.0.0' } as never },
        radio: { image: patched(RADIO, 5), requires: { boot: '>=1.0.1', api: '2' } as never },
      }),
    );
    expect(renamed.keys('targets/gateway/1.1.0/').filter((key) => key.includes('boot.from'))).toEqual([]);
    const report = await update(home(), renamed, trust);
    expect(report.components[0]).toMatchObject({
      component: 'boot',
      action: 'keep',
      from: '1.0.0',
      to: '1.0.1',
      bytes: 0,
    });
    expect((await deviceNow()).components.get(name('boot'))).toMatchObject({
      version: '1.0.1',
      counter: 2,
      provides: { api: '2.0.0' },
    });
    const all = one.copy();
    await add(all, release('1.1.0', { boot: { image: BOOT }, radio: { image: RADIO } }));
    await update(folder.at('other'), one, trust);
    const nothing = await update(folder.at('other'), all, trust);
    expect(nothing).toMatchObject({ from: '1.0.0', to: '1.1.0', changed: true, downloadedBytes: 0 });
    expect((await loadDevice(deviceFolder(folder.at('other'))))?.components.get(name('radio'))).toMatchObject(
      {
        version: '1.1.0',
      },
    );
    expect(await update(folder.at('other'), all, trust)).toMatchObject({ changed: false });
  });

  it('fetches it in full where the slot no longer holds it', async () => {
    await update(home(), one, trust);
    const all = one.copy();
    await add(all, release('1.1.0', { boot: { image: BOOT }, radio: { image: RADIO } }));
    writeFileSync(folder.at('device', 'slots', 'boot'), noise(9, 800));
    const report = await update(home(), all, trust);
    expect(report.components.map(({ component, action }) => [component, action])).toEqual([
      ['boot', 'full'],
      ['radio', 'keep'],
    ]);
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
    expect(error).toMatchObject({ code: 'channel-unlisted', exitCode: 4 });
    expect(existsSync(folder.at('device', 'slots'))).toBe(false);
  });

  it('refuses a release for other hardware before the first slot is written', async () => {
    const error = await refusal(() => update(home(), one, trust, { hardware: name('gw-z9') }));
    expect(error.code).toBe('hardware-mismatch');
    expect(existsSync(folder.at('device', 'slots'))).toBe(false);
  });
});

describe('a delta that fails', () => {
  const PATCHED = patched(RADIO, 5);
  const slot = () => new Uint8Array(readFileSync(folder.at('device', 'slots', 'radio')));
  /** `both`, with its delta changed, or gone. */
  const broken = (change: (bytes: Uint8Array) => Uint8Array | undefined): WritableStore => {
    const store = both.copy();
    for (const key of store.keys().filter((each) => each.endsWith('.otad'))) {
      const bytes = change(store.objects.get(key) ?? expect.fail('no delta'));
      if (bytes) store.objects.set(key, bytes);
      else store.objects.delete(key);
    }
    return store;
  };

  it.each([
    ['target-missing', () => undefined],
    ['length-mismatch', (bytes: Uint8Array) => Uint8Array.from([...bytes, 0])],
    ['digest-mismatch', (bytes: Uint8Array) => Uint8Array.from(bytes).reverse()],
  ])('on its way gives way to the full payload: %s', async (fellBack, change) => {
    await update(home(), one, trust);
    const report = await update(home(), broken(change), trust);
    expect(report.components[1]).toMatchObject({ component: 'radio', action: 'full', fellBack, bytes: 3000 });
    expect(slot()).toEqual(PATCHED);
    expect(updateLines(report, 1).join('\n')).toContain(`full payload (its delta failed: ${fellBack})`);
  });

  it('when it is applied gives way to the full payload, and the device knows what it has', async () => {
    await update(home(), one, trust);
    const store = both.copy();
    const stream = store.stream.bind(store);
    // As if the slot lost a byte between the plan and the installing.
    store.stream = async (key) => {
      if (key.endsWith('.otad')) writeFileSync(folder.at('device', 'slots', 'radio'), RADIO.subarray(1));
      return stream(key);
    };
    const report = await update(home(), store, trust);
    expect(report.components[1]).toMatchObject({ action: 'full', fellBack: 'delta-wrong-base' });
    expect(report.downloadedBytes).toBeGreaterThan(3000);
    expect(slot()).toEqual(PATCHED);
    expect(await update(home(), both, trust)).toMatchObject({ changed: false });
  });

  it('is not passed over for another fault', async () => {
    await update(home(), one, trust);
    const store = both.copy();
    store.fate = (_, __, key) => (key.endsWith('.otad') ? 'fail' : 'do');
    await expect(update(home(), store, trust)).rejects.toThrow('otad');
  });
});

describe('a first update that fails', () => {
  it.each([
    ['hardware', { hardware: name('gw-z9') }],
    ['channel', { channel: name('beta') }],
  ])('does not bind the next one to its %s', async (_, wrong) => {
    await refusal(() => update(home(), one, trust, wrong));
    expect(existsSync(folder.at('device', 'device.json'))).toBe(false);
    expect(existsSync(folder.at('device', 'trust'))).toBe(false);
    expect(await update(home(), one, trust)).toMatchObject({ to: '1.0.0', hardware: 'gw-a1' });
  });

  it('nor to its root, also where it was cut off', async () => {
    const { signerFromSeed } = await import('../../../src/keys/ed25519.ts');
    const wrong = await makeTrust(signerFromSeed(new Uint8Array(32).fill(9)));
    await refusal(() => update(home(), one, wrong));
    mkdirSync(folder.at('device', 'trust'), { recursive: true });
    writeFileSync(folder.at('device', 'trust', 'trusted.json'), '{}garbage');
    expect(await update(home(), one, trust)).toMatchObject({ to: '1.0.0' });
  });
});

describe('what an existing device is said to be', () => {
  const again = (create: object) =>
    updateDevice({ folder: home(), store: both, create, now: NOW, progress: silent });

  it.each([
    [{ product: name('camera') }, ['gateway', 'camera', '--product']],
    [{ hardware: name('gw-z9') }, ['gw-a1', 'gw-z9', '--hardware']],
    [{ slots: new Map([[name('radio'), 5000]]) }, ['no size of slot radio', '5000', '--slot']],
  ])('must be what it is: %j', async (create, words) => {
    await update(home(), one, trust);
    const error = await refusal(() => again(create));
    expect(error.code).toBe('device-invalid');
    for (const word of words) expect(`${error.message} ${error.hint}`).toContain(word);
    expect((await deviceNow()).release).toBe('1.0.0');
  });

  it('may leave out everything, and the usual product is of new devices only', async () => {
    await update(home(), one, trust);
    expect(await again({ usualProduct: name('camera') })).toMatchObject({ to: '1.1.0' });
  });

  it('changes the channel once there is a release on it', async () => {
    await update(home(), one, trust);
    const beta = name('beta');
    expect(await refusal(() => again({ channel: beta }))).toMatchObject({ code: 'channel-unlisted' });
    expect((await deviceNow()).channel).toBe('stable');
    const store = both.copy();
    const path = await makeBundle(`${bundles}/beta`, FIRST);
    await publishFile(path, { store, trust, scratch: `${bundles}/scratch`, channel: beta });
    expect(await update(home(), store, trust, { channel: beta })).toMatchObject({ channel: 'beta' });
    expect((await deviceNow()).channel).toBe('beta');
    const options = { folder: home(), store, now: NOW, progress: silent };
    expect(await updateDevice(options)).toMatchObject({ channel: 'beta', changed: false });
  });
});

describe('two updates of one device', () => {
  it('run one after the other', async () => {
    const reports = await Promise.all([update(home(), both, trust), update(home(), both, trust)]);
    expect(reports.map(({ changed }) => changed).sort()).toEqual([false, true]);
    expect(readdirSync(home()).sort()).toEqual(['device.json', 'lock', 'slots', 'trust']);
  });

  it('are refused where the first does not end, and only then', async () => {
    const paths = deviceFolder(home());
    await withDeviceLock(paths, async () => {
      expect(await refusal(() => withDeviceLock(paths, async () => 1, 30))).toMatchObject({
        code: 'device-busy',
        exitCode: 3,
        where: expect.stringContaining(paths.lock),
      });
    });
    expect(await withDeviceLock(paths, async () => 1, 30)).toBe(1);
  });

  it('a lock of an earlier start of the machine holds up nobody and is removed', async () => {
    const paths = deviceFolder(home());
    mkdirSync(`${paths.lock}/earlier`, { recursive: true });
    writeFileSync(`${paths.lock}/earlier/.update.lock`, '');
    await withDeviceLock(paths, async () => expect(readdirSync(paths.lock)).not.toContain('earlier'), 30);
  });
});

it('what a failed update downloaded is used again where it is sound, and else removed', async () => {
  const cache = folder.at('device', 'cache');
  await update(home(), one, trust);
  const store = await storeWith(
    FIRST,
    release('1.1.0', {
      boot: { image: noise(7, 800), delta: false },
      radio: { image: noise(8, 3000), delta: false },
    }),
  );
  mkdirSync(cache);
  writeFileSync(`${cache}/${sha256(noise(7, 800))}`, noise(7, 800));
  writeFileSync(`${cache}/${sha256(noise(8, 3000))}`, noise(9, 3000));
  for (const old of ['other', `.${'a'.repeat(64)}.0123456789ab.tmp`]) writeFileSync(`${cache}/${old}`, 'old');
  const before = store.fate;
  store.fate = (_, request, key) => {
    if (request !== 'stream' || !key.includes('radio')) return 'do';
    // And the one that is being written.
    const begun = readdirSync(cache).filter((file) => !file.startsWith(`.${sha256(noise(8, 3000))}.`));
    expect(begun).toEqual([sha256(noise(7, 800))]);
    return 'fail';
  };
  await expect(update(home(), store, trust)).rejects.toThrow('radio');
  store.fate = before;
  const report = await update(home(), store, trust);
  expect(report.components.map(({ component, bytes }) => [component, bytes])).toEqual([
    ['boot', 0],
    ['radio', 3000],
  ]);
  expect(readFileSync(folder.at('device', 'slots', 'radio'))).toEqual(Buffer.from(noise(8, 3000)));
});

it('a repair is called one, an update says from where to where', async () => {
  const first = await update(home(), one, trust);
  expect(updateLines(first, 1).at(-1)).toMatch(/^Updated from nothing to gateway 1\.0\.0: /);
  writeFileSync(folder.at('device', 'slots', 'radio'), 'damaged');
  expect(updateLines(await update(home(), one, trust), 1).at(-1)).toMatch(/^Repaired gateway 1\.0\.0: /);
  expect(updateLines(await update(home(), both, trust), 1).at(-1)).toMatch(
    /^Updated from 1\.0\.0 to gateway 1\.1\.0: /,
  );
});
