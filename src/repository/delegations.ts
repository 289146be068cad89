import { utf8 } from '../core/bytes.ts';
import { sha256 } from '../core/digest.ts';
import { isDelegated } from './match.ts';
import type { Delegations, RoleKeys, SuccinctRoles } from './model.ts';

/** A role that a path is delegated to. */
interface Delegate {
  readonly name: string;
  readonly terminating: boolean;
}

/** The roles that a path is delegated to, in order of priority (TUF 1.0.34, section 4.5): one at most, of hash bins. */
export function delegatesOf({ roles, succinct }: Delegations, path: string): readonly Delegate[] {
  let digest: string | undefined;
  const digestOnce = () => {
    digest ??= sha256(utf8(path));
    return digest;
  };
  if (succinct === undefined) return roles.filter((role) => isDelegated(role, path, digestOnce));
  // A path has one bin, so there is nothing else to ask (TAP 15).
  return [{ name: binOf(succinct, digestOnce()), terminating: true }];
}

/** Whose signatures make a role of this name one that is delegated to; `undefined` where it is not. */
export function delegationOf({ roles, succinct }: Delegations, name: string): RoleKeys | undefined {
  if (succinct === undefined) return roles.find((role) => role.name === name);
  return isBin(succinct, name) ? succinct : undefined;
}

/** Bits of the path's digest that are looked at; also the most that there may be (TAP 15). */
export const MAX_BIT_LENGTH = 32;
const HEX_BITS = 4;

/** The bin of a path: the first `bitLength` bits of its SHA-256, in as many hex digits as the last bin takes. */
function binOf(bins: SuccinctRoles, pathDigest: string): string {
  const first = Number.parseInt(pathDigest.slice(0, MAX_BIT_LENGTH / HEX_BITS), 16);
  return binName(bins, Math.floor(first / 2 ** (MAX_BIT_LENGTH - bins.bitLength)));
}

export const binName = ({ bitLength, namePrefix }: SuccinctRoles, index: number): string =>
  `${namePrefix}-${index.toString(16).padStart(Math.ceil(bitLength / HEX_BITS), '0')}`;

/** Whether a name is that of one of the bins. */
export function isBin(bins: SuccinctRoles, name: string): boolean {
  const digits = name.slice(bins.namePrefix.length + 1);
  const index = /^[0-9a-f]{1,8}$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
  return index < 2 ** bins.bitLength && binName(bins, index) === name;
}
