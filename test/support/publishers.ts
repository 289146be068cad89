import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll } from 'vitest';
import type { PublishReport } from '../../src/publish/publish.ts';
import type { Trust } from '../../src/repository/trust.ts';
import { NOW } from './forge.ts';

/** What a publisher in a process of its own is told. */
export interface PublisherTask {
  readonly store: string;
  readonly endpoint?: string;
  readonly bundle: string;
  /** In base64. */
  readonly roots: readonly string[];
  readonly targets: string;
  readonly now: number;
}

export interface Publisher {
  readonly process: ChildProcess;
  /** Lets it begin. */
  go(): void;
  /** What came of it; what it said where it failed, or `killed`. */
  readonly result: Promise<PublishReport | string>;
}

/** Where the packages are found that it imports. */
const PROGRAM = fileURLToPath(new URL('../../node_modules/.ota-test/publisher.mjs', import.meta.url));
const running = new Set<ChildProcess>();
// Once for the file: a hook that is added while a test runs is never called.
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** Makes one file of the publisher, which starts several times faster than its sources. */
export async function publisherProgram() {
  await build({
    entryPoints: [fileURLToPath(new URL('./publisher-child.ts', import.meta.url))],
    outfile: PROGRAM,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
  return startPublisher;
}

/** Starts a publisher and waits until it could begin. */
async function startPublisher(
  options: Pick<PublisherTask, 'store' | 'endpoint' | 'bundle'> & { readonly trust: Trust },
): Promise<Publisher> {
  const { trust, ...rest } = options;
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const task: PublisherTask = {
    ...rest,
    roots: trust.roots.map(base64),
    targets: base64(trust.targetsBytes),
    now: NOW,
  };
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(task)], { stdio: ['pipe', 'pipe', 'pipe'] });
  running.add(child);
  const lines: string[] = [];
  let said = '';
  const output = createInterface(child.stdout);
  output.on('line', (line) => lines.push(line));
  child.stderr.on('data', (piece: Buffer) => {
    said += piece;
  });
  const closed = once(child, 'close').then(([code, signal]): PublishReport | string => {
    running.delete(child);
    if (signal) return 'killed';
    return code === 0 ? (JSON.parse(lines[1] ?? '') as PublishReport) : said;
  });
  await Promise.race([once(output, 'line'), closed]);
  return { process: child, go: () => void child.stdin.write('go\n'), result: closed };
}
