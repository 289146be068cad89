import { OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import { channelsRole, productRole } from '../repository/layout.ts';
import type { Metadata, RoleKeys, Targets } from '../repository/model.ts';
import { isHalfSpent } from '../repository/policy.ts';
import { verifyRole } from '../repository/verify.ts';
import type { RolesPlan, RoleVersion } from './plan.ts';
import type { RepositoryState } from './repository-state.ts';
import { versionOf } from './roles.ts';
import { type AtHand, canSign } from './signers.ts';

/**
 * Whether a product's role is signed anew although nothing in it changes: when it has expired, because devices would refuse
 * what is published beside it, and before that as soon as half of its life is spent and its keys are at hand.
 */
export function isRenewed(
  kind: 'product' | 'channels',
  role: Metadata<Targets> | undefined,
  keys: RoleKeys,
  atHand: AtHand,
  now: Seconds,
): boolean {
  if (!role) return false;
  const { expires } = role.signed;
  return expires <= now || (isHalfSpent(kind, expires, now) && canSign(atHand, keys));
}

/** Whether the keys that the targets role now gives a product signed its role: after a rotation they have not yet. */
export function isVouched({ product, targets, delegation }: RepositoryState): boolean {
  if (!product) return true;
  try {
    verifyRole(product, targets.signed.delegations?.keys ?? new Map(), delegation, delegation.name);
    return true;
  } catch (error) {
    if (error instanceof OtaError && error.code === 'threshold-unmet') return false;
    throw error;
  }
}

/**
 * After a change of the release keys the product's role has to be signed anew before anything beside it is.
 *
 * @throws OtaError `threshold-unmet`
 */
export function requireVouched(state: RepositoryState, product: Name): void {
  if (isVouched(state)) return;
  throw new OtaError(
    'threshold-unmet',
    `the present release keys have not signed the role of ${product} yet`,
    {
      where: product,
      hint: 'Publish with them first; until then devices refuse the role.',
    },
  );
}

/** The roles that devices need, as they are. */
const rolesOf = (state: RepositoryState, product: Name): readonly RoleVersion[] => [
  versionOf('root', state.root),
  versionOf('targets', state.targets),
  ...(state.product ? [versionOf(productRole(product), state.product)] : []),
  ...(state.channels ? [versionOf(channelsRole(product), state.channels)] : []),
  ...(state.live
    ? [versionOf('snapshot', state.live.snapshot), versionOf('timestamp', state.live.timestamp)]
    : []),
];

/** The one that expires first of at least one role; of equals the one that stands first. */
export const firstToExpire = (roles: readonly RoleVersion[]): RoleVersion =>
  roles.reduce((first, item) => (item.expires < first.expires ? item : first));

/** The roles that devices need and that a plan leaves as they are. */
export function keptRoles(
  state: RepositoryState,
  product: Name,
  roles: RolesPlan | undefined,
): readonly RoleVersion[] {
  const { given = [], documents = [] } = roles ?? {};
  const online = roles ? [roles.snapshot, roles.timestamp] : [];
  const written = new Set([...given, ...documents, ...online].map(({ role }) => role));
  return rolesOf(state, product).filter(({ role }) => !written.has(role));
}
