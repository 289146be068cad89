import { setTimeout as sleep } from 'node:timers/promises';

/** What became of the replacement of the timestamp: devices see it, do not, or nobody can say. */
export type CommitOutcome = 'published' | 'not-published' | 'unknown';

interface Commit {
  readonly ended: Promise<unknown>;
  readonly look: () => Promise<CommitOutcome>;
}

/** Milliseconds for the request to end, and then for the store to say what it holds. */
const PATIENCE = 10_000;

let current: Commit | undefined;
let ending = false;

/**
 * Does the one write that makes a release visible, so that whoever ends the process meanwhile can say what it came to.
 *
 * @param look asks the store
 */
export async function committing<T>(work: () => Promise<T>, look: () => Promise<CommitOutcome>): Promise<T> {
  const done = work();
  current = { ended: done.catch(() => {}), look };
  try {
    return await done;
  } finally {
    // The process is about to end: what comes after would be shown as if it were not.
    if (ending) await new Promise(() => {});
    current = undefined;
  }
}

/**
 * For a process that is to end while the timestamp is written: waits until that request has ended and reads back what the store holds.
 *
 * @returns `undefined` when none is being written
 */
export async function endCommit(patience = PATIENCE): Promise<CommitOutcome | undefined> {
  if (!current) return undefined;
  ending = true;
  const { ended, look } = current;
  await Promise.race([ended, sleep(patience)]);
  return Promise.race([look().catch((): CommitOutcome => 'unknown'), sleep(patience, 'unknown' as const)]);
}

/** Whether one is being written now. */
export const isCommitting = (): boolean => current !== undefined;
