type LockOwner = typeof import('../../src/storage/lock-owner.ts');

/**
 * After a power cut the machine has another start; here every claim of a lock is of its own.
 * `vi.mock('../../src/storage/lock-owner.ts', async (original) => restarted(await original()))`.
 */
export function restarted(real: LockOwner): LockOwner {
  let starts = 0;
  return {
    ...real,
    thisOwner: async () => {
      starts += 1;
      return { ...(await real.thisOwner()), boot: `start-${starts}` };
    },
  };
}
