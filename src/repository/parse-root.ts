import { type Metadata, type Root, TOP_ROLES } from './model.ts';
import { parseRole } from './parse.ts';
import { readKeys, rootRoleKeys } from './parse-keys.ts';

/** Reads a root (TUF 1.0.34, section 4.3). @throws OtaError `role-invalid` */
export const parseRoot = (bytes: Uint8Array, where: string): Metadata<Root> =>
  parseRole(bytes, where, 'root', (signed, head) => {
    const known = readKeys(signed.field('keys'));
    const roles = signed.field('roles');
    const [root, targets, snapshot, timestamp] = TOP_ROLES.map((name) =>
      rootRoleKeys(roles.field(name), known),
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
