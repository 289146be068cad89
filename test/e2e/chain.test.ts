import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { UpdateReport } from '../../src/device/report.ts';
import type { PlanReport } from '../../src/publish/plan-report.ts';
import type { PublishReport } from '../../src/publish/publish.ts';
import { ota, otaJson, temporaryFolder } from '../support/cli.ts';
import { hubFirmware } from '../support/firmware.ts';
import { bundleAndSign, initProject, PASSPHRASE, writeVersion } from '../support/project.ts';

const NEW_DEVICE = ['--product', 'gateway', '--hardware', 'gw-a1', '--root', 'trust/1.root.json'];

describe('the whole chain, on the built tool', () => {
  let folder: string;
  let first: PublishReport;
  let second: PublishReport;
  let plan: PlanReport;
  let planLines: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    await initProject(folder);
    await writeVersion(folder, '1.0.0');
    first = await otaJson<PublishReport>(folder, [
      'publish',
      await bundleAndSign(folder, '1.0.0'),
      ...PASSPHRASE,
    ]);
    // A device that stays at 1.0.0, and the repository as it then was.
    await otaJson(folder, ['device', 'update', 'device-old', ...NEW_DEVICE]);
    await cp(join(folder, 'repository'), join(folder, 'repository-1.0.0'), { recursive: true });
    await writeVersion(folder, '1.1.0', 2);
    const bundle = await bundleAndSign(folder, '1.1.0');
    plan = await otaJson<PlanReport>(folder, ['publish', bundle, '--dry-run']);
    planLines = (await ota(folder, ['publish', bundle, '--dry-run'])).stdout;
    second = await otaJson<PublishReport>(folder, ['publish', bundle, ...PASSPHRASE]);
  });

  test('a dry run needs no passphrase, and what it says is what the publication then does', () => {
    expect(plan).toMatchObject({ dryRun: true, changed: true, replaces: 'metadata/timestamp.json' });
    expect(plan.uploads.map(({ path, length }) => [path, length])).toEqual(
      second.targets.map(({ path, length }) => [path, length]),
    );
    const done = { upload: 'uploaded', copy: 'copied', present: 'present' };
    expect(plan.uploads.map(({ action }) => done[action])).toEqual(
      second.targets.map(({ status }) => status),
    );
    // The bootloader is that of the release before.
    expect(plan.uploads.flatMap(({ path, action }) => (action === 'copy' ? [path] : []))).toEqual([
      'gateway/1.1.0/boot',
    ]);
    expect(plan.uploadBytes).toBe(second.uploadedBytes);
    expect(plan.deltas).toEqual(second.deltas);
    expect(plan.roles.map(({ role, version, missing }) => [role, version, missing])).toEqual(
      second.roles.map(({ role, version }) => [role, version, 0]),
    );
    expect(planLines).toMatch(/^Would publish gateway 1\.1\.0 on stable to /);
    expect(planLines).toContain('Nothing was written.');
  });

  test('the first publication has no deltas, the second has one for each image that changed', () => {
    expect(first.deltas).toEqual([]);
    expect(second.deltas.map(({ component, result }) => `${component} ${result}`).sort()).toEqual([
      'app shipped',
      'linux shipped',
      'radio shipped',
    ]);
    for (const { length, payloadLength } of second.deltas) expect(length).toBeLessThan(payloadLength);
  });

  test('a refresh right after a publication has nothing to do and asks for no passphrase', async () => {
    const report = await otaJson(folder, ['refresh', '--store', 'repository-1.0.0']);
    expect(report).toMatchObject({ changed: false, roles: [], expiring: [] });
    expect((await ota(folder, ['refresh'])).stdout).toMatch(/^Nothing is due at /);
  });

  test('the timestamp is raised by one with each publication', () => {
    const version = (report: PublishReport) => report.roles.find(({ role }) => role === 'timestamp')?.version;
    expect([version(first), version(second)]).toEqual([1, 2]);
  });

  test('a device at 1.0.0 updates through deltas and keeps what did not change', async () => {
    const report = await otaJson<UpdateReport>(folder, ['device', 'update', 'device-old']);
    expect(report.components.map(({ component, action }) => `${component} ${action}`).sort()).toEqual([
      'app delta',
      'boot keep',
      'linux delta',
      'radio delta',
    ]);
    expect(await readFile(join(folder, 'device-old/slots/radio'))).toEqual(Buffer.from(hubFirmware('new')));
    expect(await readFile(join(folder, 'device-old/slots/linux'))).toEqual(
      Buffer.from(hubFirmware('new', 'ev3')),
    );
    expect(await readdir(join(folder, 'device-old'))).not.toContain('cache');
  });

  test('a device that never saw 1.0.0 gets full payloads', async () => {
    const report = await otaJson<UpdateReport>(folder, ['device', 'update', 'device-new', ...NEW_DEVICE]);
    expect(report.components.map(({ action }) => action)).toEqual(['full', 'full', 'full', 'full']);
    expect(report).toMatchObject({ to: '1.1.0', changed: true });
    expect(await readFile(join(folder, 'device-new/slots/app'))).toEqual(
      Buffer.from(hubFirmware('new', 'technichub')),
    );
  });

  test('a device at 1.1.0 has nothing to do', async () => {
    await otaJson(folder, ['device', 'update', 'device-current', ...NEW_DEVICE]);
    const again = await otaJson<UpdateReport>(folder, ['device', 'update', 'device-current']);
    expect(again).toMatchObject({ changed: false, downloadedBytes: 0, from: '1.1.0', to: '1.1.0' });
  });

  test('a device with other hardware is refused before its first slot is written', async () => {
    const device = [...NEW_DEVICE.slice(0, 3), 'gw-z9', ...NEW_DEVICE.slice(4)];
    const outcome = await ota(folder, ['device', 'update', 'device-other', ...device, '--json']);
    expect(outcome.exitCode).toBe(4);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { code: 'hardware-mismatch' } });
    expect(await readdir(join(folder, 'device-other'))).not.toContain('slots');
  });

  test('a device at 1.1.0 refuses the repository as it was', async () => {
    await otaJson(folder, ['device', 'update', 'device-back', ...NEW_DEVICE]);
    const outcome = await ota(folder, [
      'device',
      'update',
      'device-back',
      '--store',
      './repository-1.0.0',
      '--json',
    ]);
    expect(outcome.exitCode).toBe(4);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { code: 'role-rollback' } });
  });

  test('a slot that was damaged is written again, in full', async () => {
    await otaJson(folder, ['device', 'update', 'device-damaged', ...NEW_DEVICE]);
    await writeFile(join(folder, 'device-damaged/slots/radio'), 'damaged');
    const report = await otaJson<UpdateReport>(folder, ['device', 'update', 'device-damaged']);
    expect(report.components.find(({ component }) => component === 'radio')?.action).toBe('full');
    expect(await readFile(join(folder, 'device-damaged/slots/radio'))).toEqual(
      Buffer.from(hubFirmware('new')),
    );
  });

  test('publishing the same again changes nothing', async () => {
    const timestamp = join(folder, 'repository/metadata/timestamp.json');
    const before = await readFile(timestamp);
    const again = await otaJson<PublishReport>(folder, ['publish', 'gateway-1.1.0.ota', ...PASSPHRASE]);
    expect(again).toMatchObject({ changed: false, uploadedBytes: 0, roles: [] });
    expect(await readFile(timestamp)).toEqual(before);
  });

  test('an earlier release is put on another channel without being uploaded again', async () => {
    const report = await otaJson<PublishReport>(folder, [
      'publish',
      'gateway-1.0.0.ota',
      '--channel',
      'beta',
      ...PASSPHRASE,
    ]);
    expect(report.targets.map(({ path }) => path)).toEqual(['gateway/channels/beta.json']);
    const device = await otaJson<UpdateReport>(folder, [
      'device',
      'update',
      'device-beta',
      ...NEW_DEVICE,
      '--channel',
      'beta',
    ]);
    expect(device.to).toBe('1.0.0');
  });
});
