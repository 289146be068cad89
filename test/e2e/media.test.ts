import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import type { MediumReport } from '../../src/media/create.ts';
import { ota, otaJson, temporaryFolder } from '../support/cli.ts';
import { consoleCommands } from '../support/documents.ts';
import { filesBelow } from '../support/folder.ts';
import { bundleAndSign, initProject, PASSPHRASE, writeVersion } from '../support/project.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGE = readFileSync(join(ROOT, 'docs/media.md'), 'utf8');
let project: string;

beforeAll(async () => {
  project = await temporaryFolder();
  await initProject(project);
  for (const version of ['1.0.0', '1.1.0'] as const) {
    await writeVersion(project, version);
    await otaJson(project, ['publish', await bundleAndSign(project, version), ...PASSPHRASE]);
    if (version === '1.0.0')
      await otaJson(project, [
        'device',
        'update',
        'device',
        '--hardware',
        'gw-a1',
        '--root',
        'trust/1.root.json',
      ]);
  }
}, 120_000);

describe('a medium, by the built tool', () => {
  test('is made with deltas alone, taken by a device that sees nothing else, and checked', async () => {
    const made = (await otaJson(project, ['media', 'create', 'small', '--from', '1.0.0'])) as MediumReport;
    const full = (await otaJson(project, ['media', 'create', 'all', '--dry-run'])) as MediumReport;
    expect(existsSync(join(project, 'all'))).toBe(false);
    expect(made.bytes).toBeLessThan(full.bytes / 4);
    const components = made.shares.map(({ what }) => what).sort();
    expect(components).toEqual([
      'gateway app, deltas',
      'gateway linux, deltas',
      'gateway radio, deltas',
      'metadata and documents',
    ]);
    cpSync(join(project, 'device'), join(project, 'offline'), { recursive: true });
    const updated = await otaJson(project, ['device', 'update', 'offline', '--media', 'small']);
    expect(updated).toMatchObject({ from: '1.0.0', to: '1.1.0', medium: { advice: [] } });
    const checked = await ota(project, ['media', 'verify', 'small', '--root', 'trust/1.root.json']);
    expect(checked.stdout).toContain('gateway 1.1.0 (stable) for gw-a1, from 1.0.0');
    expect(checked.stdout).toMatch(/^Sound: \d+ files of /m);
  });

  test('is an image as well: refused without harm where it is damaged, taken by a device', async () => {
    const image = join(project, 'whole.img');
    await otaJson(project, ['media', 'create', 'whole.img', '--from', '1.0.0']);
    cpSync(join(project, 'device'), join(project, 'by-image'), { recursive: true });
    const before = filesBelow(join(project, 'by-image', 'slots'));
    const sound = readFileSync(image);
    const bytes = Buffer.from(sound);
    // Within the first payload, which follows tables and folders.
    const payload = bytes.indexOf('otadelta') + 100;
    bytes.fill(7, payload, payload + 100);
    writeFileSync(image, bytes);
    const refused = await ota(project, ['device', 'update', 'by-image', '--media', 'whole.img', '--json']);
    expect(JSON.parse(refused.stdout).error.code).toBe('media-damaged');
    expect(filesBelow(join(project, 'by-image', 'slots'))).toEqual(before);
    writeFileSync(image, sound);
    const updated = await otaJson(project, ['device', 'update', 'by-image', '--media', 'whole.img']);
    expect(updated).toMatchObject({ from: '1.0.0', to: '1.1.0' });
  }, 120_000);

  test('that is damaged, of another maker or half there is told from a sound one by its exit code', async () => {
    await otaJson(project, ['media', 'create', 'bad', '--from', '1.0.0']);
    const key = [...filesBelow(join(project, 'bad')).keys()].find((name) => name.endsWith('.otad')) ?? '';
    writeFileSync(join(project, 'bad', key), 'X');
    const run = (args: readonly string[]) => ota(project, ['media', 'verify', ...args, '--json']);
    const damaged = await run(['bad', '--root', 'trust/1.root.json']);
    expect(damaged.exitCode).toBe(4);
    expect(JSON.parse(damaged.stdout)).toMatchObject({
      error: { code: 'media-faulty' },
      faults: [{ code: 'media-incomplete', where: key }],
    });
    const foreign = await run(['bad', '--fingerprint', 'ab'.repeat(32)]);
    expect(JSON.parse(foreign.stdout).faults[0].code).toBe('media-foreign');
    expect(JSON.parse((await run(['repository'])).stdout).error).toMatchObject({ code: 'media-incomplete' });
    expect(JSON.parse((await run(['nothing'])).stdout).error).toMatchObject({
      code: 'media-missing',
      exitCode: 3,
    });
  });

  test('the commands of docs/media.md run, one after the other', async () => {
    const script = [
      'set -euo pipefail',
      `ota() { "${process.execPath}" "${join(ROOT, 'bin/run.js')}" "$@"; }`,
      ...consoleCommands(PAGE),
    ].join('\n');
    const result = await execa('bash', ['-c', script], {
      cwd: project,
      reject: false,
      all: true,
      stdin: 'ignore',
      env: { CI: '1' },
    });
    expect(result.all).toContain('it never lasts longer than 30 days; take another profile');
    expect(result.all).toContain('That is enough for 548 days');
    expect(result.all).toContain('stick is as the repository is; nothing was written');
    expect(result.exitCode, result.all).toBe(0);
  }, 120_000);
});
