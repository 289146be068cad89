import { vi } from 'vitest';

// For every test of test/faults: each signature is worked out once, and any change to the disk can go wrong.
vi.mock('../../src/keys/ed25519.ts', async (original) =>
  (await import('./memoized.ts')).memoized(await original<typeof import('../../src/keys/ed25519.ts')>()),
);
vi.mock('node:fs/promises', async (original) =>
  (await import('./faulty-fs.ts')).faultyFs(await original<typeof import('node:fs/promises')>()),
);
// Waiting before another attempt is not what they are about.
vi.mock('node:timers/promises', async (original) => {
  const real = await original<typeof import('node:timers/promises')>();
  return { ...real, setTimeout: <T>(_: number, value?: T) => real.setTimeout(1, value) };
});
