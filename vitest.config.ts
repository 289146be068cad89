import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { CountsReporter } from './test/support/counts-reporter.ts';

/** Percent. */
const BAR = { lines: 97, branches: 95 };

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
      {
        extends: true,
        test: {
          name: 'all others',
          include: ['test/**/*.test.ts'],
          exclude: ['test/faults/**', 'test/integration/**'],
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
