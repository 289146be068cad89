import { DAY } from '../../src/core/time.ts';
import type { PublicKey } from '../../src/keys/public-key.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { buildRoot, buildTargets, signRole } from '../../src/repository/build.ts';
import { TOP_ROLES, type TopRole } from '../../src/repository/model.ts';
import { type Trust, verifyTrust } from '../../src/repository/trust.ts';
import { NOW } from './forge.ts';

export interface TestRoleKeys {
  readonly signers: readonly Signer[];
  /** All of them, unless said otherwise. */
  readonly threshold?: number;
}

/** Who signs what after a rotation; what is not named stays. */
export interface Rotation extends Partial<Readonly<Record<TopRole, TestRoleKeys>>> {
  /** The release keys of the product. */
  readonly gateway?: TestRoleKeys;
  /** Who signs the new root and targets. */
  readonly by: readonly Signer[];
}

/** A trust folder with one root more and a new targets role, both signed by `by`. */
export async function rotate(trust: Trust, rotation: Rotation): Promise<Trust> {
  const { root, targets } = verifyTrust(trust, NOW);
  const keys = new Map(root.signed.keys);
  const roleKeys = (role: TestRoleKeys, into: Map<string, PublicKey>) => {
    for (const { publicKey } of role.signers) into.set(publicKey.keyid, publicKey);
    return {
      keyids: role.signers.map(({ publicKey }) => publicKey.keyid),
      threshold: role.threshold ?? role.signers.length,
    };
  };
  const roles = Object.fromEntries(
    TOP_ROLES.map((name) => {
      const changed = rotation[name];
      return [name, changed ? roleKeys(changed, keys) : root.signed.roles[name]];
    }),
  ) as Record<TopRole, { keyids: string[]; threshold: number }>;
  const delegated = new Map(targets.signed.delegations?.keys);
  const delegations = (targets.signed.delegations?.roles ?? []).map((role) =>
    rotation.gateway ? { ...role, ...roleKeys(rotation.gateway, delegated) } : role,
  );
  const expires = NOW + 700 * DAY;
  const used = new Set(Object.values(roles).flatMap(({ keyids }) => keyids));
  const nextRoot = buildRoot({
    version: root.signed.version + 1,
    expires,
    keys: [...keys.values()].filter(({ keyid }) => used.has(keyid)),
    roles,
  });
  const nextTargets = buildTargets({
    version: targets.signed.version + 1,
    expires,
    targets: targets.signed.targets,
    delegations: { keys: delegated, roles: delegations },
  });
  return {
    roots: [...trust.roots, (await signRole(nextRoot, rotation.by)).bytes],
    targetsBytes: (await signRole(nextTargets, rotation.by)).bytes,
  };
}
