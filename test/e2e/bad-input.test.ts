import { mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ota, otaJson, temporaryFolder } from '../support/cli.ts';
import { writeDemoImages } from '../support/demo-images.ts';
import { bundleAndSign, initProject, PASSPHRASE, releaseFile, writeVersion } from '../support/project.ts';

interface Failure {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
    readonly faults?: readonly { readonly where: string; readonly message: string }[];
  };
}

let folder: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  await initProject(folder);
  await writeVersion(folder, '1.0.0');
  await bundleAndSign(folder, '1.0.0');
});

/** Runs a command that must fail, shows a person what to do next, and leaves no new file behind. */
async function fails(args: readonly string[], exitCode: number, code: string): Promise<Failure['error']> {
  const before = await names();
  const [{ error }, person] = await Promise.all([
    otaJson<Failure>(folder, args, exitCode),
    ota(folder, args),
  ]);
  expect(error.code).toBe(code);
  expect(person.exitCode).toBe(exitCode);
  expect(person.stderr).toContain(error.message);
  expect(person.stderr).not.toMatch(/This is a bug|\n\s+at /);
  expect(await names()).toEqual(before);
  return error;
}

const names = async () => (await readdir(folder, { recursive: true })).sort();
const edit = (text: string) => writeFile(join(folder, 'ota.yaml'), text);

describe('a release file', () => {
  beforeEach(() => writeVersion(folder, '1.0.0'));

  test('that is not there', () => fails(['bundle', 'other.yaml'], 3, 'input-missing'));

  test('with a typo names the closest field, with its line', async () => {
    await edit(releaseFile('1.0.0').replace('    counter: 1', '    countr: 1'));
    const { faults = [] } = await fails(['bundle'], 3, 'release-file-invalid');
    expect(faults.map(({ message }) => message).join('\n')).toContain('counter');
    expect(faults[0]?.where).toMatch(/\d+:\d+/);
  });

  test('with several faults reports all of them at once', async () => {
    await edit(releaseFile('1.0.0').replace('[gw-a1]', '[GW A1]').replace('domain: os', 'domain: oss'));
    const { faults = [] } = await fails(['bundle'], 3, 'release-file-invalid');
    expect(faults.length).toBeGreaterThanOrEqual(2);
  });

  test('with two components of one name', async () => {
    await edit(
      releaseFile(
        '1.0.0',
        1,
        '  radio:\n    domain: app\n    file: build/app.bin\n    version: 1.0.0\n    counter: 1\n',
      ),
    );
    await fails(['bundle'], 3, 'release-file-invalid');
  });

  for (const name of ['../evil', 'Linux']) {
    test(`with the component name ${name}`, async () => {
      await edit(releaseFile('1.0.0').replace('  linux:', `  "${name}":`));
      await fails(['bundle'], 3, 'release-file-invalid');
    });
  }

  test('whose image is missing', async () => {
    await rm(join(folder, 'build/radio.bin'));
    const { message, faults = [] } = await fails(['bundle'], 3, 'input-missing');
    expect(`${message} ${faults.map(({ message: text }) => text).join(' ')}`).toContain('radio.bin');
  });

  test('whose image is empty', async () => {
    await truncate(join(folder, 'build/radio.bin'));
    await fails(['bundle'], 3, 'input-empty');
  });

  test('whose image is a directory', async () => {
    await rm(join(folder, 'build/radio.bin'));
    await mkdir(join(folder, 'build/radio.bin'));
    await fails(['bundle'], 3, 'input-directory');
    await rm(join(folder, 'build/radio.bin'), { recursive: true });
  });

  // Even root may not follow a link that leads to itself.
  test('whose image cannot be read', async () => {
    await rm(join(folder, 'build/radio.bin'));
    await symlink('radio.bin', join(folder, 'build/radio.bin'));
    await fails(['bundle'], 3, 'input-unreadable');
    await rm(join(folder, 'build/radio.bin'));
  });
});

describe('a bundle', () => {
  const damaged = 'damaged.ota';

  beforeAll(() => writeVersion(folder, '1.0.0'));

  async function damage(change: (bytes: Buffer) => Buffer): Promise<void> {
    await writeFile(join(folder, damaged), change(await readFile(join(folder, 'gateway-1.0.0.ota'))));
  }

  test('that is whole is verified', async () => {
    await damage((bytes) => bytes);
    await otaJson(folder, ['verify', damaged]);
  });

  test('that was cut short', async () => {
    await damage((bytes) => bytes.subarray(0, bytes.length - 5000));
    await fails(['verify', damaged], 4, 'bundle-invalid');
    await fails(['publish', damaged, ...PASSPHRASE], 4, 'bundle-invalid');
  });

  test('with one byte of a payload flipped', async () => {
    await damage((bytes) => {
      bytes[200_000] = (bytes[200_000] ?? 0) ^ 1;
      return bytes;
    });
    await fails(['verify', damaged], 4, 'digest-mismatch');
    await fails(['publish', damaged, ...PASSPHRASE], 4, 'payload-invalid');
  });

  test('that nobody signed', async () => {
    await otaJson(folder, ['bundle', '-o', 'unsigned.ota', '--force']);
    await fails(['verify', 'unsigned.ota'], 5, 'signatures-missing');
    await fails(['publish', 'unsigned.ota', ...PASSPHRASE], 5, 'signatures-missing');
  });
});

describe('a passphrase', () => {
  test('that is wrong', async () => {
    await writeFile(join(folder, 'wrong.txt'), 'not the passphrase');
    await fails(['sign', 'gateway-1.0.0.ota', '--passphrase-file', 'wrong.txt'], 3, 'passphrase-wrong');
  });

  test('that nobody can be asked for', () => fails(['sign', 'gateway-1.0.0.ota'], 2, 'passphrase-missing'));

  test('is in nothing that is printed', async () => {
    const secret = (await readFile(join(folder, 'keys/passphrase.txt'), 'utf8')).trim();
    const { stdout, stderr } = await ota(folder, ['sign', 'gateway-1.0.0.ota', ...PASSPHRASE, '--json']);
    expect(secret.length).toBeGreaterThan(15);
    expect(stdout + stderr).not.toContain(secret);
  });
});

describe('a version', () => {
  test('that is published already with other bytes', async () => {
    await otaJson(folder, ['publish', 'gateway-1.0.0.ota', '--store', './store-a', ...PASSPHRASE]);
    await writeVersion(folder, '1.1.0');
    await edit(releaseFile('1.0.0'));
    await otaJson(folder, ['bundle', '-o', 'other.ota']);
    await otaJson(folder, ['sign', 'other.ota', ...PASSPHRASE]);
    await fails(['publish', 'other.ota', '--store', './store-a', ...PASSPHRASE], 3, 'release-exists');
  });

  test('whose security counter is lower than the published one', async () => {
    await writeVersion(folder, '1.1.0', 0);
    await otaJson(folder, ['bundle', '-o', 'lower.ota']);
    await otaJson(folder, ['sign', 'lower.ota', ...PASSPHRASE]);
    const { faults = [] } = await fails(
      ['publish', 'lower.ota', '--store', './store-a', ...PASSPHRASE],
      3,
      'counter-lower',
    );
    expect(faults.map(({ where }) => where).sort()).toEqual(['app', 'boot', 'linux', 'radio']);
  });
});

describe('a store', () => {
  const s3 = { AWS_ACCESS_KEY_ID: 'testkey', AWS_SECRET_ACCESS_KEY: 'testsecret' };

  test('that cannot be reached', async () => {
    const args = [
      'publish',
      'gateway-1.0.0.ota',
      '--store',
      's3://bucket/x',
      '--endpoint',
      'http://127.0.0.1:9',
      ...PASSPHRASE,
    ];
    const outcome = await ota(folder, [...args, '--json'], s3);
    expect(outcome.exitCode).toBe(6);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { code: 'store-unreachable' } });
  });

  test('that holds nothing', () =>
    fails(['device', 'update', 'device-x', '--store', './no-such-store'], 6, 'store-missing'));
});

describe('usage', () => {
  test('an unknown flag is refused without the rest of the command line', async () => {
    const outcome = await ota(folder, [
      'publish',
      'gateway-1.0.0.ota',
      '--passphrase',
      'secret-words',
      '--json',
    ]);
    expect(outcome.exitCode).toBe(2);
    expect(outcome.stdout).not.toContain('secret-words');
  });

  test('a command that does not exist is JSON too where that is asked for', async () => {
    const outcome = await ota(folder, ['nosuch', '--json']);
    expect(outcome.exitCode).toBe(2);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { code: 'usage-flag' } });
  });

  test('demo keys are refused outside the demo', async () => {
    await writeDemoImages(join(folder, 'demo-images'));
    await otaJson(folder, ['demo', '--dir', 'demo', '--images', 'demo-images']);
    const args = [
      'publish',
      'demo/gateway-1.0.0.ota',
      '--store',
      './x',
      '--key',
      'demo/keys/release.key.age',
    ];
    await writeFile(join(folder, 'demo-passphrase.txt'), 'the demo is no secret');
    const trust = ['--trust', 'demo/trust', '--passphrase-file', 'demo-passphrase.txt'];
    await fails([...args, ...trust], 3, 'key-demo');
    for (const used of ['demo', 'demo-images']) await rm(join(folder, used), { recursive: true });
  }, 120_000);
});
