import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const onPath = (command: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)));

/**
 * Whether all of these commands (or files, by their paths) are there. Says which is not, so that a skipped test is seen; with
 * OTA_REQUIRE_KEYS=1 it fails instead.
 */
export function installed(...tools: readonly string[]): boolean {
  const missing = tools.filter((tool) => !(tool.includes('/') ? existsSync(tool) : onPath(tool)));
  if (missing.length === 0) return true;
  const message = `${missing.join(', ')} not installed`;
  if (process.env.OTA_REQUIRE_KEYS === '1') throw new Error(message);
  console.warn(`SKIPPED: ${message}`);
  return false;
}

/** Runs a command to its end; fails with what it said unless it succeeds. */
export function run(
  command: string,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly input?: string | Uint8Array } = {},
): Buffer {
  const { env, input } = options;
  const result = spawnSync(command, args, {
    ...(env === undefined ? {} : { env: { ...process.env, ...env } }),
    ...(input === undefined ? {} : { input }),
  });
  if (result.status === 0) return result.stdout;
  throw new Error(
    `${command} ${args.join(' ')}: ${result.error?.message ?? ''}${result.stdout}${result.stderr}`,
  );
}
