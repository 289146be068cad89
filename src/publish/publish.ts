import type { Name, Version } from '../core/names.ts';
import type { Signer } from '../keys/signer.ts';
import { applyPlan } from './apply.ts';
import { channelMoved } from './channel.ts';
import type { DeltaOutcome } from './deltas.ts';
import { firstToExpire } from './expiry.ts';
import { type PlanOptions, planPublish } from './make-plan.ts';
import type { UploadStatus } from './objects.ts';
import type { PublishPlan, RoleVersion } from './plan.ts';
import { Overtaken, rebasing } from './rebase.ts';
import { keyring, signWith } from './signers.ts';

export interface PublishOptions extends Omit<PlanOptions, 'atHand' | 'awaitsSignatures' | 'applied'> {
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
  /** Of payloads that the store had under another name. */
  readonly copiedBytes: number;
  /** How often another publisher was faster, and this one began again on top of it. */
  readonly overtaken: number;
  /** The role of all that devices need that expires first. */
  readonly expiresFirst: RoleVersion;
}

/**
 * Publishes a bundle and points a channel at it with the keys at hand. A device sees the old release or the new one, and
 * running the same again completes the work. Where another publisher is faster, it is published on top of what that one did.
 *
 * @throws OtaError as `planPublish`, `applyPlan` and `rebasing`; `store-conflict` too where a channel is to go back, and gives out
 *   another release than when that was asked for
 */
export async function publish({ signers, ...options }: PublishOptions): Promise<PublishReport> {
  const ring = keyring(signers);
  const sent = new Map<string, UploadStatus>();
  let first: PublishPlan | undefined;
  const { plan, applied, overtaken } = await rebasing(
    async (overtaken) => {
      const plan = await planPublish({ ...options, applied: true, atHand: new Set(ring.keys()) });
      first ??= plan;
      if (options.rollback && plan.channelFrom !== first.channelFrom) {
        throw channelMoved(plan.product, plan.channel, plan.channelFrom);
      }
      const applied = await applyPlan({ ...options, plan, sign: signWith(ring) }).catch((error: unknown) => {
        // All uploads were done by then, so the next plan finds them there.
        if (error instanceof Overtaken)
          for (const { action, key } of plan.uploads)
            if (action !== 'present') sent.set(key, action === 'copy' ? 'copied' : 'uploaded');
        throw error;
      });
      return { plan, applied, overtaken };
    },
    { hint: 'Run the same command where these keys are, or have it signed: "ota publish --stage".' },
  );
  const { product, version, channel, channelFrom, deltas, archived } = plan;
  const targets = plan.uploads.map(({ key, path, length }, index) => ({
    path,
    length,
    status: sent.get(key) ?? applied.statuses[index] ?? 'present',
  }));
  const bytes = (of: UploadStatus) =>
    targets.reduce((sum, { length, status }) => sum + (status === of ? length : 0), 0);
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
    uploadedBytes: bytes('uploaded'),
    copiedBytes: bytes('copied'),
    overtaken,
    expiresFirst: firstToExpire([...plan.kept, ...roles]),
  };
}
