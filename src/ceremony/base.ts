import { OtaError } from '../core/errors.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { type Metadata, type RoleKeys, type Root, type Targets, TOP_ROLES } from '../repository/model.ts';
import { followChain } from '../requests/chain.ts';
import type { Chain } from '../requests/model.ts';

/** What a proposal starts from, verified from its first root on. */
export interface Base {
  readonly root: Metadata<Root>;
  /** `targets` and the products' roles. */
  readonly roles: ReadonlyMap<string, Metadata<Targets>>;
  /** Who signs what: the four top-level roles, then delegated ones. */
  readonly roleKeys: ReadonlyMap<string, RoleKeys>;
  readonly keys: ReadonlyMap<string, PublicKey>;
}

/**
 * Follows a chain and collects who signs what by it. That something has expired is no fault: renewing it may be what the proposal
 * is for.
 *
 * @throws OtaError `root-missing` for a chain without a root; as `followChain`
 */
export function readBase(chain: Chain): Base {
  const { root, roles } = followChain(chain, chain.roots[0]);
  if (!root) throw new OtaError('root-missing', 'there is no root yet that could be changed');
  const roleKeys = new Map<string, RoleKeys>(TOP_ROLES.map((name) => [name, root.signed.roles[name]]));
  const keys = new Map(root.signed.keys);
  for (const { signed } of roles.values()) {
    for (const { name, keyids, threshold } of signed.delegations?.roles ?? []) {
      roleKeys.set(name, { keyids, threshold });
    }
    for (const [keyid, key] of signed.delegations?.keys ?? []) keys.set(keyid, key);
  }
  return { root, roles, roleKeys, keys };
}
