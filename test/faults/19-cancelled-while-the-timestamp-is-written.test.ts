import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { beforeAll, expect, it } from 'vitest';
import { TIMESTAMP_KEY } from '../../src/repository/layout.ts';
import { temporaryFolder } from '../support/cli.ts';
import { fileCounts } from '../support/counts.ts';
import type { Fate } from '../support/fake-s3.ts';
import { bundleAndSign, initProject, PASSPHRASE, writeVersion } from '../support/project.ts';
import { s3OfFaults } from '../support/s3-scenario.ts';
import { WritableStore } from '../support/writable-store.ts';

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const counts = fileCounts();
const s3 = s3OfFaults();
let folder: string;
let bundle: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  await initProject(folder);
  await writeVersion(folder, '1.0.0');
  bundle = await bundleAndSign(folder, '1.0.0');
});

const publish = () =>
  execa(
    process.execPath,
    [
      BIN,
      'publish',
      bundle,
      '--store',
      's3://bucket/ota',
      '--endpoint',
      s3.fake.url,
      ...PASSPHRASE,
      '--json',
    ],
    { cwd: folder, reject: false, stdin: 'ignore' },
  );

/** What becomes of the request when Ctrl-C has come, and of every later one. */
const CASES: readonly (readonly [
  string,
  { readonly first: Fate; readonly later: Fate; readonly said: string },
])[] = [
  ['and it is done', { first: undefined, later: undefined, said: 'all of it is published' }],
  ['and its answer is lost', { first: 'lose', later: undefined, said: 'all of it is published' }],
  [
    'and it is refused',
    {
      first: { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' },
      later: undefined,
      said: 'nothing of it is published',
    },
  ],
  ['and the store is gone', { first: 'drop', later: 'drop', said: 'does not say what became of it' }],
];

it.each(CASES)(
  'Ctrl-C comes while the timestamp is written, %s: it says what really happened',
  async (_, { first, later, said }) => {
    s3.fill(new WritableStore());
    let at: 'before' | 'now' | 'after' = 'before';
    const running = publish();
    s3.fake.fault = async ({ method, path }) => {
      if (at !== 'before') return later;
      if (method !== 'PUT' || !path.endsWith(TIMESTAMP_KEY)) return undefined;
      at = 'now';
      running.kill('SIGINT');
      // The signal arrives before the answer does.
      await new Promise((done) => setTimeout(done, 300));
      at = 'after';
      return first;
    };
    const { exitCode, stdout } = await running;
    counts.faults += 1;
    expect(exitCode).toBe(130);
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string; hint: string } };
    expect(error).toMatchObject({ code: 'cancelled', message: expect.stringContaining(said) });
    const published = s3.held().objects.has(TIMESTAMP_KEY);
    expect(published).toBe(first === undefined || first === 'lose');

    s3.fake.fault = () => undefined;
    const again = await publish();
    expect(again.exitCode).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ changed: !published });
  },
);
