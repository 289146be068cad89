import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll } from 'vitest';
import { tufJsAcceptsAll } from './tuf-js-folders.ts';

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the built tool in a folder, without a terminal and without this machine's credentials. Whatever it leaves of repositories
 * below the folder, tuf-js must accept.
 */
export async function ota(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const result = await execa(process.execPath, [BIN, ...args], {
    cwd,
    reject: false,
    stdin: 'ignore',
    extendEnv: false,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: cwd,
      TMPDIR: process.env.TMPDIR ?? tmpdir(),
      NO_COLOR: '1',
      ...env,
    },
  });
  await tufJsAcceptsAll(cwd);
  return { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
}

/** As `ota` with `--json`; fails with what the tool said unless it exits with `exitCode`. */
export async function otaJson<T = Record<string, unknown>>(
  cwd: string,
  args: readonly string[],
  exitCode = 0,
): Promise<T> {
  const outcome = await ota(cwd, [...args, '--json']);
  if (outcome.exitCode !== exitCode) {
    throw new Error(`ota ${args.join(' ')} exited ${outcome.exitCode}\n${outcome.stdout}\n${outcome.stderr}`);
  }
  return JSON.parse(outcome.stdout) as T;
}

const folders: string[] = [];
// Once for the file: a hook that is added while another or a test runs is never called.
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

/** A folder that is gone after the tests of the file. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ota-test-'));
  folders.push(folder);
  return folder;
}
