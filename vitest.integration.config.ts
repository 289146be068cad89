import { defineConfig } from 'vitest/config';
import { CountsReporter } from './test/support/counts-reporter.ts';

export default defineConfig({
  test: {
    include: ['test/integration/**/*.test.ts'],
    reporters: ['default', new CountsReporter()],
    globalSetup: ['test/integration/setup.ts'],
    // One Ceph serves all; its first requests after a start take seconds.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    env: { AWS_EC2_METADATA_DISABLED: 'true', NO_COLOR: '1' },
  },
});
