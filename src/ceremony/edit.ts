import { OtaError } from '../core/errors.ts';
import type { Seconds } from '../core/time.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { withUsedKeys } from './begin.ts';
import { checkExpiryDate, checkKeys, checkThreshold } from './guards.ts';
import type { Proposal, ProposedRole } from './model.ts';

/** @throws OtaError `role-unknown` */
export function roleOf(proposal: Proposal, name: string): ProposedRole {
  const role = proposal.roles.get(name);
  if (role) return role;
  throw new OtaError('role-unknown', `there is no role ${JSON.stringify(name)}`, {
    where: name,
    hint: `Roles are ${[...proposal.roles.keys()].join(', ')}.`,
  });
}

/** Lets one key more sign for a role. @throws OtaError `role-unknown`, `key-duplicate`, `key-demo`, `key-lost` */
export function addKey(proposal: Proposal, name: string, key: PublicKey): Proposal {
  const role = roleOf(proposal, name);
  return edited(proposal, name, { ...role, keyids: [...role.keyids, key.keyid] }, key);
}

/**
 * Takes a key from a role. Its holder still has to sign the new root where the old one cannot be met without, unless the key
 * is lost.
 *
 * @throws OtaError `role-unknown`, `key-missing`, `threshold-invalid`, `threshold-lost`
 */
export function removeKey(proposal: Proposal, name: string, keyid: string): Proposal {
  const role = holding(proposal, name, keyid);
  return edited(proposal, name, { ...role, keyids: role.keyids.filter((item) => item !== keyid) });
}

/** Puts one key in the place of another. @throws OtaError as `addKey` and `removeKey` */
export function replaceKey(proposal: Proposal, name: string, keyid: string, by: PublicKey): Proposal {
  const role = holding(proposal, name, keyid);
  const keyids = role.keyids.map((item) => (item === keyid ? by.keyid : item));
  return edited(proposal, name, { ...role, keyids }, by);
}

/** The roles that a key signs for. */
export const rolesWith = (proposal: Proposal, keyid: string): readonly string[] =>
  [...proposal.roles].flatMap(([name, role]) => (role.keyids.includes(keyid) ? [name] : []));

/** Counts on the holder of a key no more. @throws OtaError `threshold-lost` */
export function markLost(proposal: Proposal, keyid: string): Proposal {
  const next = { ...proposal, lost: new Set([...proposal.lost, keyid]) };
  checkKeys(next);
  return next;
}

/** How many of a role's keys have to sign. @throws OtaError `role-unknown`, `threshold-invalid` */
export const setThreshold = (proposal: Proposal, name: string, threshold: number): Proposal =>
  edited(proposal, name, { ...roleOf(proposal, name), threshold });

/**
 * When what is signed next for a role expires.
 *
 * @throws OtaError `role-unknown`; `expiry-invalid` in the past, absurdly far, or of a role that publishing renews by itself
 */
export function setExpiry(proposal: Proposal, name: string, expires: Seconds, now: Seconds): Proposal {
  const role = roleOf(proposal, name);
  if (name !== 'root' && !proposal.base.roles.has(name)) {
    throw new OtaError('expiry-invalid', `${name} is not part of a proposal: each ota publish renews it`, {
      where: name,
      hint: `A proposal renews ${['root', ...proposal.base.roles.keys()].join(', ')}.`,
    });
  }
  checkExpiryDate(name, expires, now);
  return edited(proposal, name, { ...role, expires });
}

function holding(proposal: Proposal, name: string, keyid: string): ProposedRole {
  const role = roleOf(proposal, name);
  if (role.keyids.includes(keyid)) return role;
  throw new OtaError('key-missing', `key ${keyid.slice(0, 16)} does not sign for ${name}`, {
    where: name,
    hint: `These do: ${role.keyids.map((item) => item.slice(0, 16)).join(', ')}.`,
  });
}

function edited(proposal: Proposal, name: string, role: ProposedRole, key?: PublicKey): Proposal {
  const known = key ? new Map([...proposal.keys, [key.keyid, key] as const]) : proposal.keys;
  checkThreshold(name, role);
  const next = withUsedKeys({ ...proposal, roles: new Map([...proposal.roles, [name, role]]) }, known);
  checkKeys(next);
  return next;
}
