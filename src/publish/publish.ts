import { checkBundle } from '../bundle/check.ts';
import type { OpenBundle } from '../bundle/open.ts';
import { verifyManifestSignatures } from '../bundle/signatures.ts';
import type { Name, Version } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import { refuseDemoKey } from '../keys/demo.ts';
import type { Signer } from '../keys/signer.ts';
import { productDelegation } from '../repository/genesis.ts';
import type { Trust } from '../repository/trust.ts';
import type { Store } from '../storage/store.ts';
import { type UploadStatus, upload } from './apply.ts';
import { channelTarget, checkChannelStep, pointsAt, releaseOf } from './channel.ts';
import { type DeltaOutcome, deltaJobs, type MadeDelta, makeDelta } from './deltas.ts';
import { firstToExpire, isRenewed } from './expiry.ts';
import { checkCounters, isPublished, releasesOf } from './releases.ts';
import { loadState, type RepositoryState } from './repository-state.ts';
import { type Changes, type CommittedRole, channelKeys, commitRoles, planRoles } from './roles.ts';
import { keyring } from './signers.ts';
import { deltaTarget, type NewTarget, releaseTargets, uploadOf } from './targets.ts';

export interface PublishOptions {
  readonly bundle: OpenBundle;
  readonly store: Store;
  readonly trust: Trust;
  readonly signers: readonly Signer[];
  readonly channel: Name;
  /** Deltas are made from this many of the last releases. */
  readonly deltasFrom: number;
  /** A folder for images while deltas are made: room for two images and the deltas. */
  readonly scratch: string;
  readonly now: Seconds;
  readonly progress: Progress;
  /** The channel may go back to a release that was published before the one that it gives out. */
  readonly rollback?: boolean;
  /** The demo alone may publish with the demo's keys (attack row 46). */
  readonly demo?: boolean;
}

export interface PublishReport {
  readonly product: Name;
  readonly version: Version;
  readonly channel: Name;
  /** What the channel gave out before; absent for a new channel. */
  readonly channelFrom?: Version;
  readonly store: string;
  /** False when the store held all of it already. */
  readonly changed: boolean;
  readonly targets: readonly {
    readonly path: string;
    readonly length: number;
    readonly status: UploadStatus;
  }[];
  readonly deltas: readonly DeltaOutcome[];
  readonly roles: readonly CommittedRole[];
  readonly uploadedBytes: number;
  /** The role of all that devices need that expires first. */
  readonly expiresFirst: CommittedRole;
}

/**
 * Publishes a bundle and points a channel at it: payloads and deltas first, then roles, the timestamp last. A device sees
 * the old release or the new one, and running the same again completes the work.
 *
 * @throws OtaError `signatures-missing` (bundle or roles), `threshold-unmet`, `release-exists`, `counter-lower`,
 *   `store-conflict`; as `checkBundle`, `loadState` and the store
 */
export async function publish(options: PublishOptions): Promise<PublishReport> {
  const { bundle, store, channel, now, progress } = options;
  const { manifest } = bundle;
  if (!options.demo)
    refuseDemoKeys(
      options.signers.map(({ publicKey }) => publicKey.keyid),
      'the keys at hand',
    );
  const state = await loadState(store, options.trust, manifest.product, now);
  const { keys, threshold } = productDelegation(state.targets, manifest.product);
  if (!options.demo)
    refuseDemoKeys([...state.root.signed.keys.keys(), ...keys.map(({ keyid }) => keyid)], 'the trust');
  const releaseKeys = new Map(keys.map((key) => [key.keyid, key]));
  verifyManifestSignatures(bundle.sealed.bytes, bundle.signatures.bytes, releaseKeys, threshold);

  const published = releasesOf(state.product?.signed);
  const present = isPublished(published, { ...manifest, manifest: bundle.sealed });
  const pointed = pointsAt(state, bundle, channel);
  const from = await releaseOf(state, manifest.product, channel);
  const ring = keyring(options.signers);
  const changes: Changes = {
    product: !present || isRenewed('product', state.product, state.delegation, ring, now),
    channels:
      !pointed || isRenewed('channels', state.channels, channelKeys(state, manifest.product), ring, now),
  };
  const plan = await planRoles({
    store,
    state,
    product: manifest.product,
    changes,
    ring,
    now,
  });
  if (!present) checkCounters(state.product?.signed, manifest.components);
  else if (!pointed && from) {
    checkChannelStep(state, manifest, { channel, from, rollback: options.rollback ?? false });
  }
  // Also of a release that is published already: "nothing to do" would say that this file is sound.
  await checkBundle(bundle, progress);

  const { outcomes, made } = present ? { outcomes: [], made: [] } : await makeDeltas(options, state);
  const added: readonly NewTarget[] = present
    ? []
    : [...releaseTargets(bundle, plan.productVersion), ...made.map((item) => deltaTarget(bundle, item))];
  const pointers = pointed ? [] : [channelTarget(bundle, channel)];

  const targets: PublishReport['targets'][number][] = [];
  for (const item of [...added, ...pointers]) {
    const status = await upload(store, uploadOf(item), progress);
    targets.push({ path: item.path, length: item.file.length, status });
  }
  const roles = await commitRoles({ plan, store, state, added, pointers, now });
  return {
    product: manifest.product,
    version: manifest.version,
    channel,
    store: store.url,
    ...(from === undefined ? {} : { channelFrom: from.version }),
    changed: roles.length > 0,
    targets,
    deltas: outcomes,
    roles,
    uploadedBytes: targets.reduce((sum, { length, status }) => sum + (status === 'uploaded' ? length : 0), 0),
    expiresFirst: firstToExpire(state, manifest.product, roles),
  };
}

async function makeDeltas(
  options: PublishOptions,
  state: RepositoryState,
): Promise<{ readonly outcomes: readonly DeltaOutcome[]; readonly made: readonly MadeDelta[] }> {
  const { bundle, scratch, progress, deltasFrom } = options;
  const repository = state.live?.repository;
  const role = state.product?.signed;
  const outcomes: DeltaOutcome[] = [];
  const made: MadeDelta[] = [];
  if (!repository) return { outcomes, made };
  for (const job of deltaJobs(role, releasesOf(role), bundle.manifest.components, deltasFrom)) {
    const result = await makeDelta({ job, repository, bundle, scratch, progress });
    outcomes.push(result.outcome);
    if (result.made) made.push(result.made);
  }
  return { outcomes, made };
}

function refuseDemoKeys(keyids: readonly string[], where: string): void {
  for (const keyid of keyids) refuseDemoKey(keyid, where);
}
