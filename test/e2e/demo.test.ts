import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { DemoReport } from '../../src/cli/demo/run.ts';
import { ota, temporaryFolder } from '../support/cli.ts';
import { writeDemoImages } from '../support/demo-images.ts';
import { hubFirmware } from '../support/firmware.ts';
import { tufJsAcceptsAll } from '../support/tuf-js-folders.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

test('npm start runs the demo, whose device ends with the real new firmware, by deltas', async () => {
  const folder = await temporaryFolder();
  const { stdout } = await execa(
    'npm',
    ['start', '--silent', '--', '--dir', join(folder, 'demo'), '--json'],
    {
      cwd: ROOT,
      stdin: 'ignore',
    },
  );
  const { releases, update } = JSON.parse(stdout) as DemoReport;
  expect(releases.map(({ device }) => device.to)).toEqual(['1.0.0', '1.1.0']);
  expect(releases[1]?.device.components.map(({ component, action }) => `${component} ${action}`)).toEqual([
    'boot keep',
    'system delta',
    'app delta',
    'motor delta',
  ]);
  expect(update.downloaded).toBeLessThan(update.full / 4);
  expect(await readFile(join(folder, 'demo/device/slots/motor'))).toEqual(Buffer.from(hubFirmware('new')));
  await tufJsAcceptsAll(folder);
}, 240_000);

test('the demo runs on images of one’s own, and a second time in the same folder', async () => {
  const folder = await temporaryFolder();
  await writeDemoImages(join(folder, 'own'));
  for (const run of ['first', 'second']) {
    const { exitCode, stdout, stderr } = await ota(folder, ['demo', '--images', 'own']);
    expect(exitCode, `${run}: ${stderr}`).toBe(0);
    expect(stdout).toContain('times less');
  }
  expect(await readFile(join(folder, 'demo/device/slots/motor'))).toEqual(Buffer.from(hubFirmware('new')));
}, 120_000);

test('the demo leaves a folder alone that is not its own', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'precious'), '');
  const outcome = await ota(folder, ['demo', '--dir', '.', '--json']);
  expect(outcome.exitCode).toBe(3);
  expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { code: 'output-exists' } });
  expect(await readdir(folder)).toEqual(['precious']);
});
