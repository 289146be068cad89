import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/integration/**/*.test.ts'],
    globalSetup: ['test/integration/setup.ts'],
    // One Ceph serves all; its first requests after a start take seconds.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    env: { AWS_EC2_METADATA_DISABLED: 'true', NO_COLOR: '1' },
  },
});
