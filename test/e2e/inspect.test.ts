import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ota, otaJson, temporaryFolder } from '../support/cli.ts';
import { bundleAndSign, initProject, PASSPHRASE, writeVersion } from '../support/project.ts';

let project: string;

beforeAll(async () => {
  project = await temporaryFolder();
  await initProject(project);
  await writeVersion(project, '1.0.0');
  await otaJson(project, ['publish', await bundleAndSign(project, '1.0.0'), ...PASSPHRASE]);
}, 60_000);

const show = async (path: string, ...flags: readonly string[]): Promise<string> => {
  const { stdout, stderr, exitCode } = await ota(project, ['inspect', path, ...flags]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout;
};

describe('ota inspect', () => {
  test('of a bundle: the signers of the trust folder at hand, and that nothing was verified', async () => {
    const text = await show('gateway-1.0.0.ota');
    expect(text).toContain('signatures: 1 of 1 needed, by trust');
    expect(text).toMatch(/^ {4}[0-9a-f]{16} {2}signed$/m);
    expect(text).toContain('nothing was verified');
  });

  test('of a bundle that nobody signed yet: who is missing', async () => {
    const folder = await temporaryFolder();
    await initProject(folder);
    await writeVersion(folder, '1.0.0');
    await otaJson(folder, ['bundle']);
    const { stdout } = await ota(folder, ['inspect', 'gateway-1.0.0.ota']);
    expect(stdout).toMatch(/[0-9a-f]{16} {2}missing/);
    expect(stdout).toContain('not signed');
  });

  test('of a role: when it expires, absolutely and relatively', async () => {
    expect(await show('repository/metadata/timestamp.json')).toMatch(/expires \d{4}-\S+Z, in 29 days/);
  });

  test('of a repository and of a project', async () => {
    expect(await show('repository')).toContain('gateway: 1.0.0; stable gives 1.0.0');
    expect(await show('.')).toContain('a release file for gw-a1');
  });

  test('--verify checks the signatures of one file: exit code 0, or 4 and what was found', async () => {
    const path = 'repository/metadata/1.gateway.json';
    expect(await show(path, '--verify')).toContain('signed, valid');
    const bytes = await readFile(join(project, path), 'utf8');
    await writeFile(join(project, 'gateway.json'), bytes.replace('"version":1}', '"version":7}'));
    const person = await ota(project, ['inspect', 'gateway.json', '--verify']);
    expect(person.exitCode).toBe(4);
    expect(person.stdout).toContain('the signature is wrong');
    const found = await otaJson(project, ['inspect', 'gateway.json', '--verify'], 4);
    expect(found).toMatchObject({
      kind: 'role',
      version: 7,
      signatures: { met: false },
      error: { code: 'threshold-unmet', exitCode: 4 },
    });
    expect((await ota(project, ['inspect', 'ota.yaml', '--verify'])).exitCode).toBe(4);
  });

  test('of anything else: exit code 3, and what it knows', async () => {
    const { error } = await otaJson<{ error: object }>(project, ['inspect', 'build/radio.bin'], 3);
    expect(error).toMatchObject({ code: 'input-unknown' });
  });
});
