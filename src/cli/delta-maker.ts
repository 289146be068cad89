import { totalmem } from 'node:os';
import { Flags } from '@oclif/core';
import type { OtaError } from '../core/errors.ts';
import { DeltaCache } from '../delta/cache.ts';
import type { DeltaMaker } from '../delta/choose/choose.ts';
import { CpuShare } from '../delta/choose/cpu-share.ts';
import { DeltaPool } from '../delta/choose/pool.ts';
import { openStore, type StoreOptions } from '../storage/open.ts';
import { processors } from './environment.ts';

/** For every command that makes deltas. */
export const jobsFlag = {
  jobs: Flags.integer({
    description: 'make this many deltas at a time; default: one for each processor, as far as memory allows',
    helpValue: 'N',
    min: 1,
    max: 256,
  }),
};

export const CACHE_ENV = 'OTA_DELTA_CACHE';

export interface MakerOptions {
  readonly jobs: number | undefined;
  /** Where deltas are kept: a folder or the URL of a store. */
  readonly cache: string | undefined;
  /** How that store is reached. */
  readonly store: StoreOptions;
  /** Is told, once, that the cache cannot be used. */
  readonly warn: (text: string) => void;
}

/** What makes deltas, for as long as `use` takes; its threads end with it. */
export async function withDeltaMaker<T>(
  options: MakerOptions,
  use: (maker: DeltaMaker) => Promise<T>,
): Promise<T> {
  const { jobs = processors(), cache, store, warn } = options;
  const pool = new DeltaPool({ jobs, memory: totalmem() / 2 });
  // Two that write the same entry write the same bytes, so that a store which cannot refuse the second does no harm.
  const open = (location: string) => () => openStore(location, { ...store, singleWriter: true });
  const tell = (error: OtaError) => warn(`The cache of deltas is not used: ${error.message}`);
  try {
    return await use({
      runner: pool,
      cpu: new CpuShare(),
      ...(cache === undefined ? {} : { cache: new DeltaCache(open(cache), tell) }),
    });
  } finally {
    await pool.close();
  }
}
