import type { Name } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import type { Signer } from '../keys/signer.ts';
import type { TargetFile } from '../repository/model.ts';
import type { Store } from '../storage/store.ts';
import { applyPlan } from './apply.ts';
import { channelsDocument } from './documents.ts';
import { keptRoles } from './expiry.ts';
import type { RolesPlan, RoleVersion } from './plan.ts';
import type { RepositoryState } from './repository-state.ts';
import { draftRoles, type RoleDraft, rolesPlan, signatoriesOf } from './roles.ts';
import { type AtHand, checkAtHand, keyring, signWith } from './signers.ts';
import type { NewTarget } from './targets.ts';
import { planUploads } from './uploads.ts';

/** A change of a product's channels role. */
export interface ChannelsChange {
  readonly store: Store;
  readonly state: RepositoryState;
  readonly product: Name;
  /** Documents that are new. */
  readonly pointers: readonly NewTarget[];
  /** Paths that the role lists no more. */
  readonly removed?: readonly string[];
  readonly now: Seconds;
}

/** The next channels role with its documents, and what it is written with: nothing is written yet. */
export async function draftChannels(
  change: ChannelsChange,
): Promise<{ readonly draft: RoleDraft; readonly roles: RolesPlan }> {
  const { store, state, product, now } = change;
  const draft = await draftRoles({ store, state, product, now, changes: { product: false, channels: true } });
  if (!draft?.channels) throw new Error('a change of the channels is due');
  const targets = targetsWith(change);
  const roles = rolesPlan(state, draft, { channels: channelsDocument({ ...draft.channels, targets }) });
  return { draft, roles };
}

/**
 * Signs and writes a change of the channels: their documents, the role, snapshot and timestamp.
 *
 * @returns the roles that were written, and those that devices need and that stay
 * @throws OtaError `signatures-missing`, `store-conflict`; what the store throws
 */
export async function writeChannels(
  change: ChannelsChange & {
    /** The keys that there will be to sign with. */
    readonly atHand: AtHand;
    readonly unlock: () => Promise<readonly Signer[]>;
    readonly progress: Progress;
  },
): Promise<{ readonly written: readonly RoleVersion[]; readonly kept: readonly RoleVersion[] }> {
  const { store, state, product, pointers, atHand, unlock, progress } = change;
  const { draft, roles } = await draftChannels(change);
  checkAtHand(atHand, signatoriesOf(draft));
  const applied = await applyPlan({
    plan: { uploads: await planUploads(store, pointers), roles },
    sign: signWith(keyring(await unlock())),
    store,
    progress,
  });
  return {
    written: applied.roles.map(({ role, version, expires }) => ({ role, version, expires })),
    kept: keptRoles(state, product, roles),
  };
}

function targetsWith({ state, pointers, removed = [] }: ChannelsChange): ReadonlyMap<string, TargetFile> {
  const targets = new Map(state.channels?.signed.targets);
  for (const path of removed) targets.delete(path);
  for (const pointer of pointers) targets.set(pointer.path, pointer.file);
  return targets;
}
