import { readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { utf8 } from '../core/bytes.ts';
import { OtaError } from '../core/errors.ts';
import { track, untrack } from '../files/scratch.ts';
import { writeFileAtomic } from '../files/write.ts';
import { atPath, directoryError } from './directory-errors.ts';
import { isDead, type Owner, printOwner, readOwner, thisOwner } from './lock-owner.ts';

/** Milliseconds to wait for a living owner: many times what a locked section takes. */
const PATIENCE = 15_000;

/**
 * Runs `work` while no other process does for the same path.
 *
 * The lock is a file beside the path that appears whole, by `link`, and names its owner. It is removed by its owner, or by
 * someone who holds a second lock, the breaker, and has seen under it that the owner is dead; so a lock is never taken from
 * the living. An owner on another machine or in another container cannot be judged: its lock is waited for, then refused.
 *
 * @throws OtaError `store-conflict` when the owner does not let go in time; what `work` throws
 */
export async function withLock<T>(path: string, work: () => Promise<T>, patience = PATIENCE): Promise<T> {
  const lock = join(dirname(path), `.${basename(path)}.lock`);
  const me = await thisOwner();
  await acquire(lock, me, patience);
  track(lock);
  try {
    return await work();
  } finally {
    // In this order: a lock that is still tracked may by then be another's.
    untrack(lock);
    await atPath(lock, () => rm(lock, { force: true }));
  }
}

async function acquire(lock: string, me: Owner, patience: number): Promise<void> {
  for (const deadline = Date.now() + patience; ; ) {
    if (await claim(lock, me)) return;
    const text = await textOf(lock);
    if (text === undefined) continue;
    const owner = readOwner(text);
    if (owner !== undefined && isDead(owner, me)) await breakLock(lock, text, me);
    else if (Date.now() > deadline) throw held(lock, owner);
    await sleep(2 + Math.random() * 20);
    if (Date.now() > deadline + patience) throw held(lock, owner);
  }
}

/** Removes a dead owner's lock, unless someone did so before. */
async function breakLock(lock: string, seen: string, me: Owner): Promise<void> {
  const breaker = `${lock}.break`;
  if (!(await claim(breaker, me))) return;
  track(breaker);
  try {
    if ((await textOf(lock)) === seen) await rm(lock);
  } finally {
    untrack(breaker);
    await rm(breaker, { force: true });
  }
}

async function claim(lock: string, me: Owner): Promise<boolean> {
  try {
    await writeFileAtomic(lock, utf8(printOwner(me)), { exclusive: true });
    return true;
  } catch (error) {
    if (error instanceof OtaError && error.code === 'output-exists') return false;
    throw directoryError(error, lock);
  }
}

const textOf = (path: string): Promise<string | undefined> =>
  atPath(path, () =>
    readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return undefined;
      throw cause;
    }),
  );

const held = (lock: string, owner: Owner | undefined): OtaError =>
  new OtaError(
    'store-conflict',
    `${lock} is held by ${owner === undefined ? 'an unknown process' : `process ${owner.pid} on ${owner.host}`}`,
    {
      where: lock,
      hint: `Wait for it to end and run the same command again. If it is not running, remove ${lock} and, if there is one, ${lock}.break.`,
    },
  );
