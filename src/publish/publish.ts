import type { Name, Version } from '../core/names.ts';
import type { Signer } from '../keys/signer.ts';
import { applyPlan } from './apply.ts';
import type { DeltaOutcome } from './deltas.ts';
import { firstToExpire } from './expiry.ts';
import { type PlanOptions, planPublish } from './make-plan.ts';
import type { UploadStatus } from './objects.ts';
import type { RoleVersion } from './plan.ts';
import { keyring, signWith } from './signers.ts';

export interface PublishOptions extends Omit<PlanOptions, 'atHand' | 'awaitsSignatures'> {
  readonly signers: readonly Signer[];
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
  /** Releases that left the product's role and are archived. */
  readonly archived: readonly Version[];
  readonly roles: readonly RoleVersion[];
  readonly uploadedBytes: number;
  /** The role of all that devices need that expires first. */
  readonly expiresFirst: RoleVersion;
}

/**
 * Publishes a bundle and points a channel at it with the keys at hand. A device sees the old release or the new one, and
 * running the same again completes the work.
 *
 * @throws OtaError as `planPublish` and `applyPlan`
 */
export async function publish({ signers, ...options }: PublishOptions): Promise<PublishReport> {
  const ring = keyring(signers);
  const plan = await planPublish({ ...options, atHand: new Set(ring.keys()) });
  const applied = await applyPlan({ ...options, plan, sign: signWith(ring) });
  const { product, version, channel, channelFrom, deltas, archived } = plan;
  const targets = plan.uploads.map(({ path, length }, index) => ({
    path,
    length,
    status: applied.statuses[index] ?? 'present',
  }));
  const roles = applied.roles.map(({ role, version, expires }) => ({ role, version, expires }));
  return {
    product,
    version,
    channel,
    store: plan.store,
    ...(channelFrom === undefined ? {} : { channelFrom }),
    changed: roles.length > 0,
    targets,
    deltas,
    archived,
    roles,
    uploadedBytes: targets.reduce((sum, { length, status }) => sum + (status === 'uploaded' ? length : 0), 0),
    expiresFirst: firstToExpire([...plan.kept, ...roles]),
  };
}
