import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/cli.ts';
import { consoleCommands } from '../support/documents.ts';
import { hubFirmware } from '../support/firmware.ts';
import { tufJsAcceptsAll } from '../support/tuf-js-folders.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

test('the commands of the tour run as they stand, one after the other', async () => {
  const folder = await temporaryFolder();
  // Images of the names that the demo leaves, smaller so that their deltas take no time.
  for (const [version, which] of [
    ['1.0.0', 'old'],
    ['1.1.0', 'new'],
  ] as const) {
    await mkdir(join(folder, 'demo', version), { recursive: true });
    await writeFile(join(folder, 'demo', version, 'app.wasm'), hubFirmware(which, 'technichub'));
    await writeFile(join(folder, 'demo', version, 'motor.bin'), hubFirmware(which));
  }
  const commands = consoleCommands(README).filter((command) => !command.startsWith('export OTA='));
  expect(commands.length).toBeGreaterThan(15);
  const script = [
    'set -euo pipefail',
    `ota() { "${process.execPath}" "${join(ROOT, 'bin/run.js')}" "$@"; }`,
    `export OTA="${folder}"`,
    ...commands,
  ].join('\n');
  const result = await execa('bash', ['-c', script], {
    cwd: folder,
    reject: false,
    all: true,
    stdin: 'ignore',
  });
  expect(result.all).toContain('Updated from 1.0.0 to gateway 1.1.0');
  expect(result.exitCode).toBe(0);
  await tufJsAcceptsAll(folder);
}, 240_000);

test('every command is in the tour, or is the demo', () => {
  const commands = readdirSync(join(ROOT, 'src/commands'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) =>
      path
        .replaceAll('\\', '/')
        .replace(/(?:\/index)?\.ts$/, '')
        .replaceAll('/', ' '),
    );
  expect(commands.length).toBeGreaterThan(8);
  for (const command of commands) expect(README).toContain(`ota ${command}`);
});
