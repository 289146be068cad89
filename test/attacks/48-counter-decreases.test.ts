import { describe, expect, it } from 'vitest';
import { deviceFolder, loadDevice } from '../../src/device/device.ts';
import { refusal } from '../support/client.ts';
import { filesBelow, freshFolder } from '../support/folder.ts';
import { makeBundle, makeTrust, name, noise, patched, publishFile, update } from '../support/release.ts';
import { WritableStore } from '../support/writable-store.ts';

const folder = freshFolder();
const trust = await makeTrust();
const RADIO = noise(1, 900);
const BOOT = noise(2, 300);
const BETA = name('beta');

/** Publishes a release with these counters; a component without one is left out. */
async function release(
  store: WritableStore,
  version: string,
  counters: { radio?: number; boot?: number },
  channel = name('stable'),
  rollback = false,
) {
  const mark = Number(version.replaceAll('.', '')) % 251;
  const components = {
    ...(counters.boot === undefined ? {} : { boot: { image: BOOT, counter: counters.boot } }),
    ...(counters.radio === undefined
      ? {}
      : { radio: { image: patched(RADIO, mark), counter: counters.radio } }),
  };
  const path = await makeBundle(folder.at(version), { version, components });
  return publishFile(path, { store, trust, channel, rollback, scratch: folder.at('scratch') });
}

describe('publish', () => {
  it('refuses a release below a counter that is published, on whatever channel', async () => {
    const store = new WritableStore();
    await release(store, '1.0.0', { radio: 5, boot: 2 });
    const before = new Map(store.objects);
    for (const channel of [name('stable'), BETA]) {
      const error = await refusal(() => release(store, '1.1.0', { radio: 4, boot: 1 }, channel));
      expect(error).toMatchObject({ code: 'counter-lower', exitCode: 3 });
      expect(error.faults.map(({ where }) => where)).toEqual(['boot', 'radio']);
    }
    expect(store.objects).toEqual(before);
    expect((await release(store, '1.2.0', { radio: 5, boot: 3 })).changed).toBe(true);
  });

  it('remembers a counter across a release without the component', async () => {
    const store = new WritableStore();
    await release(store, '1.0.0', { radio: 5, boot: 2 });
    await release(store, '1.1.0', { radio: 5 });
    expect((await refusal(() => release(store, '1.2.0', { radio: 5, boot: 1 }))).code).toBe('counter-lower');
  });

  it('does not lead a channel back below a counter that it has given out', async () => {
    const store = new WritableStore();
    await release(store, '1.0.0', { radio: 5 });
    await release(store, '1.1.0', { radio: 6 });
    const before = new Map(store.objects);
    const error = await refusal(() => release(store, '1.0.0', { radio: 5 }, name('stable'), true));
    expect(error).toMatchObject({ code: 'counter-lower' });
    expect(error.faults).toEqual([{ where: 'radio', message: 'has counter 5, release 1.1.0 has 6' }]);
    expect(store.objects).toEqual(before);
    expect((await release(store, '1.0.0', { radio: 5 }, BETA)).changed).toBe(true);
    await release(store, '1.2.0', { radio: 6 });
    expect((await release(store, '1.1.0', { radio: 6 }, name('stable'), true)).changed).toBe(true);
  });
});

describe('a device', () => {
  const device = () => folder.at('device');

  it('never goes below a counter that it has seen, though the channel’s key says so', async () => {
    const store = new WritableStore();
    await release(store, '1.0.0', { radio: 5 }, BETA);
    await release(store, '1.1.0', { radio: 6 });
    await update(device(), store, trust);
    const slots = filesBelow(folder.at('device', 'slots'));
    // Whoever holds the channel's key alone can point it at any genuine release; publish itself would not.
    const back = new WritableStore();
    await release(back, '1.0.0', { radio: 5 });
    await release(back, '0.9.0', { radio: 5 }, BETA);
    for (let round = 0; round < 4; round += 1) await release(back, `0.9.${round + 1}`, { radio: 5 }, BETA);
    const error = await refusal(() => update(device(), back, trust));
    expect(error).toMatchObject({ code: 'counter-rollback', exitCode: 4 });
    expect(error.faults).toEqual([{ where: 'radio', message: 'has counter 5, this device has seen 6' }]);
    expect(filesBelow(folder.at('device', 'slots'))).toEqual(slots);
    expect((await update(folder.at('new'), back, trust)).to).toBe('1.0.0');
  });

  it('has seen the counter of a component whose image a release did not change', async () => {
    const store = new WritableStore();
    await release(store, '1.0.0', { boot: 1 });
    await update(device(), store, trust);
    await release(store, '1.1.0', { boot: 9 });
    await update(device(), store, trust);
    const seen = (await loadDevice(deviceFolder(device())))?.components.get(name('boot'));
    expect(seen?.counter).toBe(9);
    // A release of old with a counter of 1 again: another store, with the same keys and later versions.
    const back = new WritableStore();
    for (let round = 1; round <= 4; round += 1) await release(back, `1.0.${round}`, { boot: 1 });
    expect(await refusal(() => update(device(), back, trust))).toMatchObject({
      code: 'counter-rollback',
      faults: [{ where: 'boot', message: 'has counter 1, this device has seen 9' }],
    });
  });
});
