import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** One run of a whole process. */
export interface Measured {
  readonly seconds: number;
  /** User and system time; `undefined` where GNU time is not installed. */
  readonly cpuSeconds?: number;
  /** Peak resident memory in MB; `undefined` where GNU time is not installed. */
  readonly megabytes?: number;
}

const TIME = '/usr/bin/time';

export const isInstalled = (program: string): boolean => spawnSync('which', [program]).status === 0;

/** Runs a program to its end. @throws Error with what it said when it fails */
export function measure(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Measured {
  const timed = existsSync(TIME);
  const [command, ...rest] = timed ? [TIME, '-f', '\n%U %S %M', program, ...args] : [program, ...args];
  const start = performance.now();
  const { status, stderr } = spawnSync(command ?? program, rest, {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 1 << 24,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
  });
  const seconds = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} exited ${status}: ${stderr}`);
  const [user = 0, system = 0, kilobytes = 0] = (stderr.trim().split('\n').at(-1) ?? '')
    .split(' ')
    .map(Number);
  return timed
    ? { seconds, cpuSeconds: user + system, megabytes: Math.round(kilobytes / 1024) }
    : { seconds };
}

/** The middle one of several runs, by seconds. */
export function median(runs: readonly Measured[]): Measured {
  const sorted = [...runs].sort((a, b) => a.seconds - b.seconds);
  return sorted[Math.floor(sorted.length / 2)] ?? { seconds: Number.NaN };
}

/** A plain table for the terminal. */
export function print(title: string, rows: readonly Readonly<Record<string, string | number>>[]): void {
  console.log(`\n${title}`);
  if (rows.length === 0) console.log('  nothing measured');
  else console.table(rows);
}
