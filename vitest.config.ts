import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { CountsReporter } from './test/support/counts-reporter.ts';

/** Percent. */
const BAR = { lines: 97, branches: 95 };

/**
 * What takes long and does not depend on the version of Node, so that .ci/run tries it on one: fuzzing, the applier in C, images of
 * gigabytes, and stories of whole commands in processes, mostly scrypt. The README's tour, a chain of releases and another client are not among
 * them.
 */
const LONG = [
  'test/fuzz/**/*.test.ts',
  'test/applier/**/*.test.ts',
  'test/attacks/35-size-overflow.test.ts',
  'test/unit/delta/{firmware,sizes}.test.ts',
  'test/e2e/{archive,bad-input,ceremonies,ci,demo,inspect,keys,media,media-page,two-machines,verify}.test.ts',
];

/** What only decides, with stores in memory: it asks nothing of Node that others do not ask, and is tried on one as well. */
const LOGIC = ['test/unit/{ceremony,publish,requests,retention,simulate,verify}/**/*.test.ts'];

export default defineConfig({
  test: {
    reporters: ['default', new CountsReporter()],
    projects: [
      {
        extends: true,
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          setupFiles: ['test/support/faults-setup.ts'],
        },
      },
      { extends: true, test: { name: 'long', include: LONG } },
      { extends: true, test: { name: 'logic', include: LOGIC } },
      {
        extends: true,
        test: {
          name: 'all others',
          include: ['test/**/*.test.ts'],
          exclude: ['test/faults/**', 'test/integration/**', ...LONG, ...LOGIC],
        },
      },
    ],
    // Most of the time is spent in processes of the built tool and in waiting, so all processors are used.
    maxWorkers: availableParallelism(),
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Nothing from the person's own environment decides a test.
    // With --coverage, as .ci/run has it: what decides about trust is to be tested nearly to its last branch.
    coverage: {
      include: ['src/core/**/*.ts', 'src/keys/**/*.ts', 'src/repository/**/*.ts'],
      exclude: ['**/*.d.ts'],
      reporter: [['text', { skipFull: true }]],
      thresholds: { 'src/core/**': BAR, 'src/keys/**': BAR, 'src/repository/**': BAR },
    },
    env: { AWS_EC2_METADATA_DISABLED: 'true', NO_COLOR: '1' },
  },
});
