import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { deviceFolder, loadDevice, saveDevice } from '../../../src/device/device.ts';
import { refusal } from '../../support/client.ts';
import { filesBelow, freshFolder } from '../../support/folder.ts';
import { name } from '../../support/release.ts';

const folder = freshFolder();

it('a device is what was saved, and nothing where nothing was', async () => {
  const paths = deviceFolder(folder.path);
  expect(await loadDevice(paths)).toBeUndefined();
  const device = { product: name('p'), hardware: name('h'), channel: name('c'), components: new Map() };
  await saveDevice(paths, device);
  expect(await loadDevice(paths)).toEqual(device);
  expect([...filesBelow(folder.path).keys()]).toEqual(['device.json']);
});

it.each(['{', '{}', '[]', '{"_type":"ota-device","format":2}'])('%s is no device', async (text) => {
  writeFileSync(folder.at('device.json'), text);
  const error = await refusal(() => loadDevice(deviceFolder(folder.path)));
  expect(error).toMatchObject({ code: 'device-invalid', exitCode: 4, where: folder.at('device.json') });
  expect(error.cause).toBeDefined();
});

it('a folder in the place of the file is said to be one', async () => {
  mkdirSync(folder.at('device.json'));
  const error = await refusal(() => loadDevice(deviceFolder(folder.path)));
  expect(error.code).toBe('input-directory');
});
