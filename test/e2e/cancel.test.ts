import { mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/cli.ts';

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const RELEASE_FILE = `product: big
version: 1.0.0
hardware: [h]
components:
  image: {domain: os, file: build/image.bin, version: 1.0.0, counter: 1}
`;

test('Ctrl-C ends a bundling with 130 and leaves nothing of it', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'build'));
  await writeFile(join(folder, 'ota.yaml'), RELEASE_FILE);
  const image = await open(join(folder, 'build/image.bin'), 'w');
  await image.truncate(2 ** 33 - 1);
  await image.close();
  const before = await readdir(folder, { recursive: true });

  const running = execa(process.execPath, [BIN, 'bundle'], { cwd: folder, reject: false, stdin: 'ignore' });
  await expect.poll(() => readdir(folder, { recursive: true }), { timeout: 30_000 }).not.toEqual(before);
  running.kill('SIGINT');

  const outcome = await running;
  expect(outcome.exitCode).toBe(130);
  expect(outcome.stderr).toContain('Cancelled');
  expect(await readdir(folder, { recursive: true })).toEqual(before);
});
