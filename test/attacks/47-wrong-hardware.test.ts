import { beforeAll, expect, it } from 'vitest';
import { refusal } from '../support/client.ts';
import { filesBelow, freshFolder, sharedFolder } from '../support/folder.ts';
import { makeBundle, makeTrust, name, noise, patched, publishFile, update } from '../support/release.ts';
import { WritableStore } from '../support/writable-store.ts';

const bundles = sharedFolder();
const folder = freshFolder();
const trust = await makeTrust();
const RADIO = noise(1, 900);
const store = new WritableStore();
beforeAll(async () => {
  const options = { store, trust, scratch: `${bundles}/scratch` };
  const components = { radio: { image: RADIO }, modem: { image: noise(2, 400), hardware: [name('gw-b2')] } };
  await publishFile(
    await makeBundle(bundles, { version: '1.0.0', hardware: ['gw-a1', 'gw-b2'], components }),
    options,
  );
  const next = { radio: { image: patched(RADIO, 3) } };
  await publishFile(await makeBundle(bundles, { version: '2.0.0', hardware: ['gw-b2'], components: next }), {
    ...options,
    channel: name('beta'),
  });
});

const BETA = { channel: name('beta') };

it('a device takes no release that is not for its hardware, and writes nothing', async () => {
  const error = await refusal(() =>
    update(folder.at('a'), store, trust, { ...BETA, hardware: name('gw-a1') }),
  );
  expect(error).toMatchObject({ code: 'hardware-mismatch', exitCode: 4, where: 'gateway 2.0.0' });
  expect(error.message).toContain('only for gw-b2');
  expect(filesBelow(folder.at('a', 'slots')).size).toBe(0);
  expect((await update(folder.at('b'), store, trust, { ...BETA, hardware: name('gw-b2') })).to).toBe('2.0.0');
});

it('a device of neither takes none at all', async () => {
  const error = await refusal(() => update(folder.at('c'), store, trust, { hardware: name('gw-c3') }));
  expect(error.code).toBe('hardware-mismatch');
});

it('a device takes no component that is for other hardware', async () => {
  const on = async (hardware: string) => {
    const report = await update(folder.at(hardware), store, trust, { hardware: name(hardware) });
    return report.components.map(({ component }) => component).sort();
  };
  expect(await on('gw-a1')).toEqual(['radio']);
  expect(await on('gw-b2')).toEqual(['modem', 'radio']);
  expect([...filesBelow(folder.at('gw-a1', 'slots')).keys()]).toEqual(['radio']);
});
