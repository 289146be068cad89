import { DeltaPool, type PoolOptions } from '../../src/delta/choose/pool.ts';

/** A pool whose threads read TypeScript, and that uses them for the smallest images, too. */
export const testPool = (options: Partial<PoolOptions> = {}): DeltaPool =>
  new DeltaPool({
    jobs: 2,
    memory: Number.POSITIVE_INFINITY,
    small: 0,
    worker: new URL('./delta-worker.mjs', import.meta.url),
    ...options,
  });
