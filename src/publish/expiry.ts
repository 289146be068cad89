import type { Name } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import { channelsRole, productRole } from '../repository/layout.ts';
import type { Metadata, RoleKeys, Targets } from '../repository/model.ts';
import { isHalfSpent } from '../repository/policy.ts';
import type { RepositoryState } from './repository-state.ts';
import type { CommittedRole } from './roles.ts';
import { canSign, type Keyring } from './signers.ts';

/**
 * Whether a product's role is signed anew although nothing in it changes: when it has expired, because devices would refuse
 * what is published beside it, and before that as soon as half of its life is spent and its keys are at hand.
 */
export function isRenewed(
  kind: 'product' | 'channels',
  role: Metadata<Targets> | undefined,
  keys: RoleKeys,
  ring: Keyring,
  now: Seconds,
): boolean {
  if (!role) return false;
  const { expires } = role.signed;
  return expires <= now || (isHalfSpent(kind, expires, now) && canSign(ring, keys));
}

/** Of all roles that devices need, as they are after a publication, the one that expires first. */
export function firstToExpire(
  state: RepositoryState,
  product: Name,
  committed: readonly CommittedRole[],
): CommittedRole {
  const before = [
    ['root', state.root],
    ['targets', state.targets],
    [productRole(product), state.product],
    [channelsRole(product), state.channels],
    ['snapshot', state.live?.snapshot],
    ['timestamp', state.live?.timestamp],
  ] as const;
  const roles = new Map<string, CommittedRole>();
  for (const [role, metadata] of before) {
    if (metadata)
      roles.set(role, { role, version: metadata.signed.version, expires: metadata.signed.expires });
  }
  for (const item of committed) roles.set(item.role, item);
  return [...roles.values()].reduce((first, item) => (item.expires < first.expires ? item : first));
}
