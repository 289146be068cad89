import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { LogEntry } from '../../src/keys/log/entry.ts';
import { ota, otaJson, temporaryFolder } from '../support/cli.ts';
import { consoleCommands } from '../support/documents.ts';
import { initProject, PASSPHRASE, writeVersion } from '../support/project.ts';
import { hasSoftHsm, initToken, PIN, SOFTHSM_MODULE, softHsmStore } from '../support/softhsm.ts';
import { hasSshAgent } from '../support/ssh-agent.ts';
import { installed, run } from '../support/tools.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGE = readFileSync(join(ROOT, 'docs/keys.md'), 'utf8');
const tools = [hasSoftHsm(), hasSshAgent(), installed('openssl', 'shred', 'bash')];

test.skipIf(tools.includes(false))(
  'every command of docs/keys.md runs as it stands',
  async () => {
    const folder = await temporaryFolder();
    const script = /^```sh\n(#!\/bin\/sh\n# sign\.sh KEY\.pem[\s\S]*?)^```/m.exec(PAGE)?.[1];
    writeFileSync(join(folder, 'sign.sh'), script ?? expect.fail('the page has no sign.sh'));
    chmodSync(join(folder, 'sign.sh'), 0o755);
    writeFileSync(join(folder, 'passphrase.txt'), 'a long passphrase\n');
    writeFileSync(join(folder, 'another.txt'), 'another long passphrase\n');
    writeFileSync(join(folder, 'pin.txt'), '1234\n');
    const commands = consoleCommands(PAGE);
    for (const kind of ['file:', 'pkcs11:', 'ssh-agent:', 'exec:']) {
      expect(commands.filter((line) => line.includes(kind) && line.includes('--prove')).join()).toContain(
        kind,
      );
    }
    const lines = [
      'set -euo pipefail',
      `ota() { "${process.execPath}" "${join(ROOT, 'bin/run.js')}" "$@"; }`,
      // A path that no other run shares; and no agent is left behind, whatever fails.
      'SSH_AGENT_PID=',
      'trap \'rm -f "$PWD/unsealed.pem"; [ -z "$SSH_AGENT_PID" ] || kill "$SSH_AGENT_PID"\' EXIT',
      ...commands.map((line) => line.replaceAll('/dev/shm/release.pem', '"$PWD/unsealed.pem"')),
      'SSH_AGENT_PID=',
    ];
    const result = await execa('bash', ['-c', lines.join('\n')], {
      cwd: folder,
      reject: false,
      all: true,
      stdin: 'ignore',
      env: { ...softHsmStore(folder), TMPDIR: folder, NO_COLOR: '1' },
    });
    expect(result.exitCode, result.all).toBe(0);
    expect(result.all?.match(/It signs, and its signature verifies/g)).toHaveLength(5);
    // The key that was moved into the token is the one that was in the file.
    const shown = [...(result.all ?? '').matchAll(/keyid {8}([0-9a-f]{64})/g)].map(([, keyid]) => keyid);
    const moved = result.all?.split('pkcs11:token=ota;id=%02?pin-source=file:pin.txt\n')[1];
    expect(moved).toContain(shown[0]);
    expect((await otaJson<{ entries: number }>(folder, ['log', 'verify'])).entries).toBeGreaterThan(5);
  },
  120_000,
);

test('a secret is in no output, whatever is asked for', async () => {
  const folder = await temporaryFolder();
  writeFileSync(join(folder, 'p'), 'tell-tale passphrase\n');
  const outputs = [];
  for (const args of [
    ['keys', 'generate', 'ada', '--online', '--passphrase-file', 'p'],
    ['keys', 'list', '--json'],
    ['keys', 'show', 'keys/ada.key.age', '--prove', '--passphrase-file', 'p', '--json'],
    ['keys', 'export', 'keys/ada.key.age', '--private', '-o', 'ada.pem', '--passphrase-file', 'p', '--json'],
    ['keys', 'import', 'bob', 'ada.pem', '--online', '--passphrase-file', 'p', '--json'],
    ['log', 'show'],
  ]) {
    const { exitCode, stdout, stderr } = await ota(folder, args);
    expect(exitCode, stderr).toBe(0);
    outputs.push(stdout, stderr);
  }
  const pem = readFileSync(join(folder, 'ada.pem'), 'utf8').split('\n')[1] ?? '';
  expect(pem).toHaveLength(64);
  expect(outputs.join('')).not.toContain('tell-tale');
  expect(outputs.join('')).not.toContain(pem.slice(22));
}, 60_000);

test.skipIf(!hasSoftHsm())(
  'a release is signed and published with a key that moved into a token',
  async () => {
    const folder = await temporaryFolder();
    await initProject(folder);
    await writeVersion(folder, '1.0.0');
    const env = softHsmStore(folder);
    initToken(env, 'ota');
    const pem = join(folder, 'release.pem');
    await otaJson(folder, ['keys', 'export', 'keys/release.key.age', '--private', '-o', pem, ...PASSPHRASE]);
    const token = ['--token', 'ota', '--label', 'release', '--id', '01', '--pin', PIN];
    run('softhsm2-util', ['--import', pem, ...token], { env });
    const uri = `pkcs11:token=ota;object=release?module-path=${SOFTHSM_MODULE}&pin-source=file:pin`;
    const yaml = join(folder, 'ota.yaml');
    const keys = `keys: ["${uri}", keys/online.key.age]`;
    writeFileSync(yaml, readFileSync(yaml, 'utf8').replace(/^keys: .*$/m, keys));
    await rm(pem);
    await rm(join(folder, 'keys/release.key.age'));
    await otaJson(folder, ['bundle']);

    writeFileSync(join(folder, 'pin'), '0000\n');
    const wrong = await ota(folder, ['sign', 'gateway-1.0.0.ota', '--json'], env);
    expect(wrong.exitCode).toBe(3);
    expect(JSON.parse(wrong.stdout)).toMatchObject({ error: { code: 'pin-wrong' } });
    writeFileSync(join(folder, 'pin'), `${PIN}\n`);
    const signed = await ota(folder, ['sign', 'gateway-1.0.0.ota', '--json'], env);
    expect(signed.exitCode, signed.stdout).toBe(0);
    const [key] = JSON.parse(signed.stdout).keys;
    expect(key.words.split(' ')).toHaveLength(12);
    const published = await ota(folder, ['publish', 'gateway-1.0.0.ota', ...PASSPHRASE, '--json'], env);
    expect(published.exitCode, published.stdout).toBe(0);
    expect(await otaJson(folder, ['verify', 'gateway-1.0.0.ota'])).toMatchObject({ keys: [key] });
    const { steps } = await otaJson<{ steps: readonly LogEntry[] }>(folder, ['log', 'show']);
    const byToken = steps.filter((step) => step.key === uri).map(({ what }) => what);
    expect(byToken).toEqual(['manifest of gateway 1.0.0', 'gateway 1']);
  },
  120_000,
);
