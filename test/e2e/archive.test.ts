import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ota, otaJson, temporaryFolder } from '../support/cli.ts';
import { PASSPHRASE } from '../support/project.ts';

interface Listed {
  readonly live: readonly string[];
  readonly archived: readonly { readonly version: string }[];
}

describe('releases that are no longer live, on the built tool', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    await otaJson(folder, [
      'init',
      '--yes',
      '--product',
      'gateway',
      '--hardware',
      'gw-a1',
      '--component',
      'app:app:app.bin',
    ]);
    const yaml = (await readFile(join(folder, 'ota.yaml'), 'utf8'))
      .replace(/keep: .*/, 'keep: {releases: 1}')
      .replace(/deltas: .*/, 'deltas: {from: 0}');
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) {
      await writeFile(join(folder, 'ota.yaml'), yaml.replaceAll('version: 1.0.0', `version: ${version}`));
      await writeFile(join(folder, 'app.bin'), `the application, ${version}`);
      await otaJson(folder, ['bundle']);
      await otaJson(folder, ['sign', `gateway-${version}.ota`, ...PASSPHRASE]);
      await otaJson(folder, ['publish', `gateway-${version}.ota`, ...PASSPHRASE]);
    }
  });

  test('are listed, got byte for byte, and verified', async () => {
    const list = await otaJson<Listed>(folder, ['archive', 'list']);
    expect([list.live, list.archived.map(({ version }) => version)]).toEqual([['1.2.0'], ['1.1.0', '1.0.0']]);
    expect((await ota(folder, ['archive', 'list'])).stdout).toMatch(/1 live \(1\.2\.0\), 2 archived$/);
    await otaJson(folder, ['archive', 'get', '1.0.0', '-o', 'got.ota']);
    expect(await readFile(join(folder, 'got.ota'))).toEqual(
      await readFile(join(folder, 'gateway-1.0.0.ota')),
    );
    const { releases } = await otaJson<{ readonly releases: readonly unknown[] }>(folder, [
      'archive',
      'verify',
    ]);
    expect(releases).toHaveLength(2);
  });

  test('can be chosen among by channels while they are live', async () => {
    const list = async () =>
      (
        await otaJson<{
          readonly channels: readonly { readonly channel: string; readonly version: string }[];
        }>(folder, ['channel', 'list'])
      ).channels.map(({ channel, version }) => `${channel} ${version}`);
    expect((await ota(folder, ['channel', 'create', 'beta', 'stable', ...PASSPHRASE])).stdout).toContain(
      'Channel beta of gateway gives out 1.2.0',
    );
    expect(await list()).toEqual(['beta 1.2.0', 'stable 1.2.0']);
    expect(await otaJson(folder, ['channel', 'promote', 'beta', 'stable'])).toMatchObject({ changed: false });
    const old = await otaJson<{ error: { code: string } }>(
      folder,
      ['channel', 'promote', '1.0.0', 'stable', '--rollback'],
      3,
    );
    expect(old.error.code).toBe('release-archived');
    await otaJson(folder, ['channel', 'remove', 'beta', ...PASSPHRASE]);
    expect(await list()).toEqual(['stable 1.2.0']);
  });

  test('never replace a file, and are asked for by a version that was published', async () => {
    const again = await otaJson<{ error: { code: string } }>(folder, ['archive', 'get', '1.1.0'], 3);
    expect(again.error.code).toBe('output-exists');
    const none = await otaJson<{ error: { code: string } }>(folder, ['archive', 'get', '7.0.0'], 4);
    expect(none.error.code).toBe('target-missing');
  });
});
