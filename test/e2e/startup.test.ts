import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ota, temporaryFolder } from '../support/cli.ts';
import { hubFirmware } from '../support/firmware.ts';

const HOOK = fileURLToPath(new URL('../support/log-imports.mjs', import.meta.url));
const HEAVY = ['@aws-sdk', '@smithy', 'archiver', 'inquirer', 'age-encryption', 'zstd-wasm', 'fflate'];

/** Packages of HEAVY that a command loads. */
async function heavyImportsOf(args: readonly string[]): Promise<readonly string[]> {
  const folder = await temporaryFolder();
  const log = join(folder, 'imports');
  writeFileSync(join(folder, 'old.bin'), hubFirmware('old', 'movehub'));
  writeFileSync(join(folder, 'new.bin'), hubFirmware('new', 'movehub'));
  writeFileSync(join(folder, 'document.json'), '{}');
  const outcome = await ota(folder, args, { NODE_OPTIONS: `--import ${HOOK}`, OTA_TEST_IMPORTS: log });
  expect(outcome.exitCode, outcome.stderr).toBe(0);
  const loaded = readFileSync(log, 'utf8');
  expect(loaded).toContain('/bin/run.js');
  return HEAVY.filter((name) => loaded.includes(`/node_modules/${name}`) || loaded.includes(`/${name}/`));
}

describe('a command loads what it uses and nothing else that is heavy', () => {
  test('inspect', async () => expect(await heavyImportsOf(['inspect', 'document.json'])).toEqual([]));
  test('delta', async () => expect(await heavyImportsOf(['delta', 'old.bin', 'new.bin'])).toEqual([]));
  test('help of publish', async () =>
    expect(await heavyImportsOf(['publish', '--help'])).not.toContain('@aws-sdk'));
  test('init loads what seals keys, so the check can fail', async () =>
    expect(await heavyImportsOf(['init', '--yes', 'product'])).toContain('age-encryption'));
});
