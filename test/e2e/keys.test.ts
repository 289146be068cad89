import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { ota, otaJson, temporaryFolder } from '../support/cli.ts';
import { consoleCommands } from '../support/documents.ts';
import { hasSoftHsm, softHsmStore } from '../support/softhsm.ts';
import { hasSshAgent } from '../support/ssh-agent.ts';
import { installed } from '../support/tools.ts';

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
