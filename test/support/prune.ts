import { silent } from '../../src/core/progress.ts';
import { DAY, type Seconds } from '../../src/core/time.ts';
import { refreshRepository } from '../../src/publish/refresh.ts';
import type { Trust } from '../../src/repository/trust.ts';
import { type PruneReport, pruneStore } from '../../src/retention/prune.ts';
import { verifyRepository } from '../../src/verify/repository.ts';
import { anchorOf, ONLINE } from './release.ts';
import type { WritableStore } from './writable-store.ts';

/** Prunes a store at a time, with no grace and a month for what is staged unless told otherwise. */
export const prune = (
  store: WritableStore,
  trust: Trust,
  now: Seconds,
  { grace = 0, staged = 30 * DAY, dryRun = false } = {},
): Promise<PruneReport> =>
  pruneStore({ store, trust, now, dryRun, patience: { grace, staged }, progress: silent });

/** Renews snapshot and timestamp as the nightly job does. */
export async function refreshAt(store: WritableStore, trust: Trust, now: Seconds): Promise<void> {
  store.clock = now;
  await refreshRepository({
    store,
    trust,
    atHand: new Set([ONLINE.publicKey.keyid]),
    unlock: async () => [ONLINE],
    force: false,
    now,
    progress: silent,
  });
}

/** What the verifier finds wrong, and what it finds that nothing leads to. */
export async function verifiedAt(store: WritableStore, trust: Trust, now: Seconds) {
  const { faults, unreferenced } = await verifyRepository({
    store,
    rootBytes: anchorOf(trust),
    now,
    quick: false,
    progress: silent,
  });
  return { faults, others: unreferenced?.others, superseded: unreferenced?.superseded.map(({ key }) => key) };
}
