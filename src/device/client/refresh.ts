import { OtaError } from '../../core/errors.ts';
import { type Progress, silent } from '../../core/progress.ts';
import type { Seconds } from '../../core/time.ts';
import { TrustedMetadata } from '../../repository/trusted.ts';
import type { ReadStore } from '../../storage/store.ts';
import { MetadataSource } from './fetch.ts';
import { loadTargets, TrustedRepository } from './repository.ts';
import { type ClientState, ROOT_FILE, SNAPSHOT_FILE, TIMESTAMP_FILE, targetsFile } from './state.ts';

/** Rotations of the root that one refresh follows: decades of honest ones, and a bound on what a server can make a device do. */
const MAX_ROOT_ROTATIONS = 256;

/**
 * Brings what is trusted up to date with a store (TUF 1.0.34, sections 5.1 to 5.6). The state changes once, at the end, when
 * every check has passed.
 *
 * @param now the one time of the whole update (5.1)
 * @throws OtaError `root-missing` for a state without a root, `store-missing` for a store without a timestamp; as
 *   `TrustedMetadata` and `ReadStore`
 */
export async function refresh(options: {
  readonly store: ReadStore;
  readonly state: ClientState;
  readonly now: Seconds;
  readonly progress?: Progress;
}): Promise<TrustedRepository> {
  const { store, state, now, progress = silent } = options;
  const source = new MetadataSource(store, progress);
  const trusted = new TrustedMetadata(await anchor(state), now);
  await followRoots(trusted, source);
  trusted.rootsDone();
  trusted.remember(await state.load(TIMESTAMP_FILE), await state.load(SNAPSHOT_FILE));

  const found = await source.timestamp();
  const timestamp = trusted.updateTimestamp(found.bytes);
  const meta = timestamp.signed.snapshot;
  const consistent = trusted.root.signed.consistentSnapshot;
  const snapshot = trusted.updateSnapshot(
    trusted.snapshotAtHand?.bytes ??
      (await source.announced('snapshot', meta, consistent ? meta.version : undefined)),
  );
  const targets = await loadTargets(trusted, source, state, 'targets', 'root');

  await state.commit(
    new Map([
      [ROOT_FILE, trusted.root.sealed.bytes],
      [TIMESTAMP_FILE, timestamp.sealed.bytes],
      [SNAPSHOT_FILE, snapshot.sealed.bytes],
      [targetsFile('targets'), targets.role.sealed.bytes],
    ]),
  );
  return new TrustedRepository({ store, state, source, trusted, timestampToken: found.token, progress });
}

async function anchor(state: ClientState): Promise<Uint8Array> {
  const root = await state.load(ROOT_FILE);
  if (root) return root;
  throw new OtaError('root-missing', 'there is no root to trust', {
    hint: 'Set the device up with the root.json that its maker gave out.',
  });
}

/** Follows the chain of roots to its end (5.3.3 to 5.3.9). */
async function followRoots(trusted: TrustedMetadata, source: MetadataSource): Promise<void> {
  for (let rotations = 0; ; rotations += 1) {
    const next = await source.root(trusted.root.signed.version + 1);
    if (!next) return;
    if (rotations === MAX_ROOT_ROTATIONS) {
      throw new OtaError('role-invalid', `the root was rotated more than ${MAX_ROOT_ROTATIONS} times`, {
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
 * @throws OtaError `role-invalid`, `threshold-unmet` for a root that its own keys did not sign
 */
export async function pinRoot(state: ClientState, rootBytes: Uint8Array, now: Seconds): Promise<void> {
  const { root } = new TrustedMetadata(rootBytes, now);
  if ((await state.load(ROOT_FILE)) === undefined) {
    await state.commit(new Map([[ROOT_FILE, root.sealed.bytes]]));
  }
}
