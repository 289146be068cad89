import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { seal } from '../../src/core/digest.ts';
import { temporaryFolder } from '../support/cli.ts';
import { consoleCommands } from '../support/documents.ts';
import { hubFirmware } from '../support/firmware.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGE = readFileSync(join(ROOT, 'docs/deltas.md'), 'utf8');

/** Firmware of 590 KB in two versions is enough for the built tool to start threads. */
test('the commands of docs/deltas.md run, and again from the cache', async () => {
  const folder = await temporaryFolder();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'old.bin'), hubFirmware('old'));
  await writeFile(join(folder, 'new.bin'), hubFirmware('new'));
  const [command = ''] = consoleCommands(PAGE);
  const run = (more: readonly string[], cache: string) =>
    execa(
      process.execPath,
      [join(ROOT, 'bin/run.js'), ...command.split(' ').slice(1), '--cache', cache, ...more],
      { cwd: folder, env: { CI: '1' } },
    );
  const first = await run([], './cache');
  expect(first.stdout).toMatch(/otad +lzma +\d+ .* taken: the smallest\n/);
  expect(first.stdout).toMatch(/in full, zstd +\d+/);
  expect(first.stderr).toBe('');
  const again = JSON.parse((await run(['--json', '--force'], './cache')).stdout);
  expect(again.tried.map(({ cached }: { cached: boolean }) => cached)).toEqual([true, true, true]);
  expect(again.full).toHaveLength(2);
  const made = await readFile(join(folder, 'new.bin.otad'));
  expect(again.delta).toMatchObject({ sha256: seal(made).sha256, length: made.length });

  const { stderr } = await run(['--force'], 'file:///dev/null/cache');
  expect(stderr).toContain('The cache of deltas is not used');
});
