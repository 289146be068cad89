import { OtaError } from '../core/errors.ts';
import type { JsonObject, JsonValue } from '../core/json/value.ts';
import { formatTime, type Seconds } from '../core/time.ts';
import { keysObject, roleKeysObject } from '../repository/build.ts';
import { type Metadata, type RoleKeys, TOP_ROLES } from '../repository/model.ts';
import { expiryOf } from '../repository/policy.ts';
import { isSignedBy } from '../repository/verify.ts';
import type { RoleDocument } from '../requests/model.ts';
import { type Base, readBase } from './base.ts';
import type { Proposal, ProposedRole } from './model.ts';

/**
 * What has to be signed to carry out a proposal, each role one version on: the root if it names other keys or lives longer; a
 * targets role if it does, or if those who signed it count no longer. Fields that are not ours stay.
 *
 * @throws OtaError `proposal-empty`; as `readBase`
 */
export function documentsOf(proposal: Proposal): readonly RoleDocument[] {
  const base = readBase(proposal.base);
  const documents = [...rootDocument(proposal, base), ...targetsDocuments(proposal, base)];
  if (documents.length > 0) return documents;
  throw new OtaError('proposal-empty', 'the proposal changes nothing', {
    hint: 'Change it with "ota root add-key", "remove-key", "rotate", "threshold" or "expiry" first.',
  });
}

function rootDocument(proposal: Proposal, { root, roleKeys }: Base): readonly RoleDocument[] {
  const changed = TOP_ROLES.some((name) => !sameKeys(roleKeys.get(name), proposal.roles.get(name)));
  if (!changed && proposal.roles.get('root')?.expires === undefined) return [];
  const roles = TOP_ROLES.map((name) => [name, proposed(proposal, name)] as const);
  const used = new Set(roles.flatMap(([, { keyids }]) => keyids));
  const signed = {
    ...head(proposal, 'root', root),
    keys: keysObject([...proposal.keys.values()].filter(({ keyid }) => used.has(keyid))),
    roles: Object.fromEntries(roles.map(([name, role]) => [name, roleKeysObject(role)])),
  };
  return [{ type: 'role', role: 'root', signed }];
}

function targetsDocuments(proposal: Proposal, { roles, roleKeys }: Base): readonly RoleDocument[] {
  return [...roles].flatMap(([name, role]) => {
    const delegated = role.signed.delegations?.roles ?? [];
    const changed = delegated.some(
      (item) => !sameKeys(roleKeys.get(item.name), proposal.roles.get(item.name)),
    );
    const { expires, ...keys } = proposed(proposal, name);
    if (!changed && expires === undefined && isSignedBy(role, proposal.keys, keys)) return [];
    const signed = head(proposal, name, role);
    return [
      {
        type: 'role',
        role: name,
        signed: changed ? { ...signed, delegations: delegations(proposal, role.document) } : signed,
      },
    ];
  });
}

/** The delegations as they stand, with other keys. */
function delegations(proposal: Proposal, document: JsonObject): JsonObject {
  const before = document.delegations as JsonObject;
  const names = (before.roles as readonly JsonObject[]).map((item) => [String(item.name), item] as const);
  const used = new Set(names.flatMap(([name]) => proposed(proposal, name).keyids));
  const roles: JsonValue[] = names.map(([name, item]) => ({
    ...item,
    ...roleKeysObject(proposed(proposal, name)),
  }));
  return {
    ...before,
    keys: keysObject([...proposal.keys.values()].filter(({ keyid }) => used.has(keyid))),
    roles,
  };
}

function head(
  proposal: Proposal,
  name: string,
  { document, signed }: Metadata<{ readonly version: number; readonly expires: Seconds }>,
): JsonObject {
  const kind = name === 'root' || name === 'targets' ? name : 'product';
  // Signing anew never shortens a life, unless that is asked for.
  const usual = Math.max(signed.expires, expiryOf(kind, proposal.begun));
  const expires = formatTime(proposed(proposal, name).expires ?? usual);
  return { ...document, version: signed.version + 1, expires };
}

function proposed({ roles }: Proposal, name: string): ProposedRole {
  const role = roles.get(name);
  if (role) return role;
  throw new Error(`a proposal has the keys of every role, and lacks those of ${name}`);
}

function sameKeys(before: RoleKeys | undefined, after: RoleKeys | undefined): boolean {
  const same = (a: readonly string[], b: readonly string[]) =>
    a.length === b.length && a.every((item) => b.includes(item));
  return before !== undefined && after !== undefined && before.threshold === after.threshold
    ? same(before.keyids, after.keyids)
    : before === after;
}
