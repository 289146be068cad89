import { OtaError } from '../../core/errors.ts';
import { type Progress, silent } from '../../core/progress.ts';
import type { Seconds } from '../../core/time.ts';
import { checkThresholds } from '../../repository/checks.ts';
import { TrustedMetadata } from '../../repository/trusted.ts';
import type { ReadStore } from '../../storage/store.ts';
import { MetadataSource } from './fetch.ts';
import { type Keep, Keeper } from './keeper.ts';
import { loadTargets, TrustedRepository } from './repository.ts';
import { type ClientState, ROOT_FILE, SNAPSHOT_FILE, TIMESTAMP_FILE, targetsFile } from './state.ts';

/** Rotations of the root that one refresh follows: decades of honest ones, and a bound on what a server can make a device do. */
const MAX_ROOT_ROTATIONS = 256;

export interface RefreshOptions {
  readonly store: ReadStore;
  readonly state: ClientState;
  /** The one time of the whole update (5.1). */
  readonly now: Seconds;
  /** When what was accepted goes into the state; `together` unless told otherwise. */
  readonly keep?: Keep;
  readonly progress?: Progress;
  /** The store holds a part of the targets that its roles list. */
  readonly partial?: boolean;
}

/**
 * Brings what is trusted up to date with a store (TUF 1.0.34, sections 5.1 to 5.6). A new root is kept as soon as it is
 * accepted (5.3.8); the rest of the state changes once, at the end, when every check has passed.
 *
 * @throws OtaError `root-missing` for a state without a root, `store-missing` for a store without a timestamp; as
 *   `TrustedMetadata` and `ReadStore`
 */
export async function refresh(options: RefreshOptions): Promise<TrustedRepository> {
  const { store, state, now, keep = 'together', progress = silent, partial = false } = options;
  const source = new MetadataSource(store, progress);
  const trusted = new TrustedMetadata(await anchor(state), now);
  const keeper = new Keeper(state, keep);
  await updateRoot(trusted, source, state);
  trusted.remember(await state.load(TIMESTAMP_FILE), await state.load(SNAPSHOT_FILE));

  const found = await source.timestamp();
  const timestamp = trusted.updateTimestamp(found.bytes);
  await keeper.take(TIMESTAMP_FILE, timestamp.sealed.bytes); // 5.4.5
  const meta = timestamp.signed.snapshot;
  const consistent = trusted.root.signed.consistentSnapshot;
  const snapshot = trusted.updateSnapshot(
    trusted.snapshotAtHand?.bytes ??
      (await source.announced('snapshot', meta, consistent ? meta.version : undefined)),
  );
  await keeper.take(SNAPSHOT_FILE, snapshot.sealed.bytes); // 5.5.7
  const targets = await loadTargets(trusted, source, state, 'targets', 'root');
  await keeper.take(targetsFile('targets'), targets.role.sealed.bytes); // 5.6.6
  await keeper.done();
  const { token: timestampToken } = found;
  return new TrustedRepository({ store, state, source, trusted, timestampToken, progress, partial });
}

async function anchor(state: ClientState): Promise<Uint8Array> {
  const root = await state.load(ROOT_FILE);
  if (root) return root;
  throw new OtaError('root-missing', 'there is no root to trust', {
    hint: 'Set the device up with the root.json that its maker gave out.',
  });
}

/**
 * Follows the chain of roots and keeps how far it is good, whatever comes after (5.3.8): keys that were withdrawn once may
 * never count again. What they signed is forgotten in the same step (5.3.11).
 */
async function updateRoot(
  trusted: TrustedMetadata,
  source: MetadataSource,
  state: ClientState,
): Promise<void> {
  const first = trusted.root;
  try {
    await followRoots(trusted, source);
  } finally {
    if (trusted.root !== first) {
      const forgotten = trusted.forgets ? [TIMESTAMP_FILE, SNAPSHOT_FILE] : [];
      await state.commit(
        new Map([
          [ROOT_FILE, trusted.root.sealed.bytes],
          ...forgotten.map((name) => [name, undefined] as const),
        ]),
      );
    }
  }
  trusted.rootsDone();
}

/** Follows the chain of roots to its end (5.3.3 to 5.3.9). */
async function followRoots(trusted: TrustedMetadata, source: MetadataSource): Promise<void> {
  for (let rotations = 0; ; rotations += 1) {
    const next = await source.root(trusted.root.signed.version + 1);
    if (!next) return;
    if (rotations === MAX_ROOT_ROTATIONS) {
      throw new OtaError('root-rotations', `the root was rotated more than ${MAX_ROOT_ROTATIONS} times`, {
        where: 'root',
        hint: 'Set the device up anew with a later root.json from its maker.',
      });
    }
    trusted.updateRoot(next.bytes);
  }
}

/**
 * Gives a state its first root. A state that has one keeps it: the first root seen is the one that counts.
 *
 * @throws OtaError as `parseRole`; `role-signers`, `threshold-unmet` for a root that its own keys did not sign
 */
export async function pinRoot(state: ClientState, rootBytes: Uint8Array, now: Seconds): Promise<void> {
  const { root } = new TrustedMetadata(rootBytes, now);
  checkThresholds(root);
  if ((await state.load(ROOT_FILE)) === undefined) {
    await state.commit(new Map([[ROOT_FILE, root.sealed.bytes]]));
  }
}
