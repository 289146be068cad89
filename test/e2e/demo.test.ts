import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DemoReport } from '../../src/cli/demo/run.ts';
import { ota, otaJson, temporaryFolder } from '../support/cli.ts';
import { hubFirmware } from '../support/firmware.ts';

test('the demo runs twice in one folder, and the device ends with the real new firmware', async () => {
  const folder = await temporaryFolder();
  const first = await otaJson<DemoReport>(folder, ['demo']);
  expect(first.releases.map(({ device }) => device.to)).toEqual(['1.0.0', '1.1.0']);
  expect(
    first.releases[1]?.device.components.map(({ component, action }) => `${component} ${action}`),
  ).toEqual(['boot keep', 'system delta', 'app delta', 'motor delta']);
  expect(first.update.downloaded).toBeLessThan(first.update.full / 4);
  expect(await readFile(join(folder, 'demo/device/slots/motor'))).toEqual(Buffer.from(hubFirmware('new')));

  const again = await ota(folder, ['demo']);
  expect(again.exitCode, again.stderr).toBe(0);
  expect(again.stdout).toContain('times less');
}, 180_000);

test('the demo leaves a folder alone that is not its own', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'precious'), '');
  const outcome = await ota(folder, ['demo', '--dir', '.', '--json']);
  expect(outcome.exitCode).toBe(3);
  expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { code: 'output-exists' } });
  expect(await readdir(folder)).toEqual(['precious']);
});
