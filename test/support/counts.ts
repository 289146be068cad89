import { afterAll } from 'vitest';

/** Whether every fault is tried at every place, as with OTA_FAULTS=all, where else some tests take a sample. */
export const ALL_FAULTS = process.env.OTA_FAULTS === 'all';

/** What the tests of faults are counted by; `test/support/counts-reporter.ts` prints the sums. */
export interface Counts {
  /** Something that went wrong, once. */
  faults: number;
  /** Processes and power that were cut, among the faults. */
  cuts: number;
  /** Publishers that ran at the same time as another. */
  publishers: number;
  /** Updates of a device after which all of it was one release. */
  devices: number;
}

declare module 'vitest' {
  interface TaskMeta {
    counts?: Counts;
  }
}

export const noCounts = (): Counts => ({ faults: 0, cuts: 0, publishers: 0, devices: 0 });

/** The counts of a test file, handed on when its tests have ended. */
export function fileCounts(): Counts {
  const counts = noCounts();
  // The hook's first parameter is for fixtures, and vitest reads from its form which of them are asked for.
  // biome-ignore lint/correctness/noEmptyPattern: see above
  afterAll(({}, suite) => {
    suite.file.meta.counts = counts;
  });
  return counts;
}
