import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Outcome } from './cli.ts';

const BUILD = fileURLToPath(new URL('../../scripts/standalone.mjs', import.meta.url));

export interface StandaloneBuild {
  readonly file: string;
  /** What the build printed. */
  readonly stdout: string;
  readonly metafile: {
    readonly inputs: Readonly<Record<string, unknown>>;
    readonly outputs: Readonly<Record<string, { readonly imports: readonly { readonly path: string }[] }>>;
  };
}

/** Builds the tool for offline machines into a folder, from another folder than the project's. */
export async function buildStandalone(folder: string, name = 'ota-offline.cjs'): Promise<StandaloneBuild> {
  const file = join(folder, name);
  const meta = join(folder, `${name}.json`);
  const { stdout } = await execa(process.execPath, [BUILD, file, '--metafile', meta], { cwd: folder });
  return { file, stdout, metafile: JSON.parse(readFileSync(meta, 'utf8')) };
}

/** Runs it as a machine would that has Node and nothing else: an empty environment, and only its own folder. */
export async function offline(file: string, cwd: string, args: readonly string[]): Promise<Outcome> {
  const result = await execa(process.execPath, [file, ...args], {
    cwd,
    reject: false,
    stdin: 'ignore',
    extendEnv: false,
    env: { NO_COLOR: '1', HOME: cwd },
  });
  return { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
}
