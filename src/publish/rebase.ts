import { setTimeout as sleep } from 'node:timers/promises';
import { OtaError } from '../core/errors.ts';
import type { Signer } from '../keys/signer.ts';

/** Twenty publishers at once lose at most nineteen times to one another, and now and then a name to one that lost too. */
const TRIES = 50;
/** Milliseconds. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 3_000;

/** How often a store may serve what it no longer holds before that is said. */
const STALE_TRIES = 6;

/** Someone else published first: what was planned follows a state that is no longer the newest. */
export class Overtaken extends OtaError {
  /** The store refused the write, but still serves what it had before: one that is read soon after a write may do so for a while. */
  readonly stale: boolean;

  constructor(url: string, key: string, { stale }: { readonly stale: boolean }) {
    const message = stale
      ? `the store says that ${key} has changed, but serves what it was before`
      : `another publisher was faster: ${key} has changed meanwhile`;
    super(stale ? 'store-stale' : 'store-conflict', message, {
      where: url,
      hint: stale
        ? 'Nothing was lowered or lost. Wait until it serves what it holds (is there a cache in front of it?), then run the same command again.'
        : 'Nothing of theirs or yours is lost. Run the same command again to publish on top of it.',
    });
    this.stale = stale;
  }
}

export interface RebaseOptions {
  /** What to do when the keys at hand cannot sign on top of what was published meanwhile. */
  readonly hint?: string;
  /** Waits before the next attempt; attempts that were overtaken are counted from 1. */
  readonly pause?: (overtaken: number) => Promise<void>;
}

/**
 * Does the work again on top of what somebody else published, until it is not overtaken. `work` reads the state anew each time; what it
 * stored under the name of its digest is there and is not sent again.
 *
 * @param work is told how often it was overtaken
 * @throws OtaError `store-conflict` when that does not end, or when the keys at hand are no longer enough: then with the roles and keys
 *   that are missing; `store-stale`; what `work` throws
 */
export async function rebasing<T>(
  work: (overtaken: number) => Promise<T>,
  { hint, pause = pauseFor }: RebaseOptions = {},
): Promise<T> {
  let stale = 0;
  for (let overtaken = 0; ; ) {
    try {
      return await work(overtaken);
    } catch (error) {
      if (overtaken > 0 && error instanceof OtaError && error.code === 'signatures-missing')
        throw keysMissing(error, hint);
      overtaken += 1;
      if (!(error instanceof Overtaken) || overtaken === TRIES) throw error;
      stale += error.stale ? 1 : 0;
      if (stale === STALE_TRIES) throw error;
    }
    await pause(overtaken);
  }
}

/** Full jitter: those who were overtaken together do not meet again together. */
const pauseFor = (overtaken: number): Promise<void> =>
  sleep(Math.random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** overtaken));

const keysMissing = (
  cause: OtaError,
  hint = 'Name them with --key and run the same command again.',
): OtaError =>
  new OtaError(
    'store-conflict',
    'another publisher was faster, and the keys at hand cannot sign on top of what it published',
    { faults: cause.faults, hint: `Nothing is lost. ${hint}`, cause },
  );

/** Opens keys when they are first needed, and once however often the work is done. */
export function unlockedOnce(unlock: () => Promise<readonly Signer[]>): () => Promise<readonly Signer[]> {
  let signers: readonly Signer[] | undefined;
  return async () => {
    signers ??= await unlock();
    return signers;
  };
}
