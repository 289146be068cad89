import { type Metadata, type Root, TOP_ROLES } from './model.ts';
import { parseRole, part } from './parse.ts';
import { readKeys, rootRoleKeys } from './parse-keys.ts';

/** Reads a root (TUF 1.0.34, section 4.3). @throws OtaError as `parseRole` */
export const parseRoot = (bytes: Uint8Array, where: string): Metadata<Root> =>
  parseRole(bytes, where, 'root', (signed, head) => {
    const known = part('role-keys', () => readKeys(signed.field('keys')));
    const roles = signed.field('roles');
    const [root, targets, snapshot, timestamp] = TOP_ROLES.map((name) =>
      part('role-signers', () => rootRoleKeys(roles.field(name), known)),
    );
    if (!root || !targets || !snapshot || !timestamp) return roles.fail('lacks a role');
    return {
      type: 'root',
      ...head,
      consistentSnapshot: signed.field('consistent_snapshot').boolean(),
      ...known,
      roles: { root, targets, snapshot, timestamp },
    };
  });
