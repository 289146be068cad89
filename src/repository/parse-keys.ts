import type { Cursor } from '../core/json/cursor.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { type OtherKey, type RoleKey, readRoleKey } from '../keys/role-key.ts';
import type { OtherKeys, RoleKeys } from './model.ts';

const MAX_KEYS = 10_000;

/** The keys that a root or delegations list. */
export interface KnownKeys {
  readonly keys: ReadonlyMap<string, PublicKey>;
  readonly otherKeys?: OtherKeys;
}

/**
 * `keys` of a root or of delegations (TUF 1.0.34, section 4.3), each read by `readRoleKey`.
 *
 * @throws OtaError `shape-invalid`, `key-invalid`
 */
export function readKeys(at: Cursor): KnownKeys {
  const keys = new Map<string, PublicKey>();
  const otherKeys = new Map<string, OtherKey>();
  for (const [keyid, item] of at.entries(MAX_KEYS)) {
    const key = readRoleKey(keyid, item);
    if (key.raw === undefined) otherKeys.set(keyid, key);
    else keys.set(keyid, key);
  }
  return { keys, ...(otherKeys.size === 0 ? {} : { otherKeys }) };
}

/** Every key, of whatever type: what a signature may be verified with. */
export const allKeys = ({ keys, otherKeys }: KnownKeys): ReadonlyMap<string, RoleKey> =>
  otherKeys === undefined ? keys : new Map<string, RoleKey>([...keys, ...otherKeys]);

/**
 * `keyids` and `threshold` of a role: known keys, each once, and a threshold that they can meet.
 *
 * @throws OtaError `shape-invalid`
 */
export function roleKeys(at: Cursor, known: KnownKeys): RoleKeys {
  const role = rootRoleKeys(at, known);
  at.field('threshold').integer(1, role.keyids.length);
  return role;
}

/** As `roleKeys`, of a root: whether its keys can meet the threshold is asked when it is to be used (`checkThresholds`). */
export function rootRoleKeys(at: Cursor, { keys, otherKeys }: KnownKeys): RoleKeys {
  const isKnown = (keyid: string): boolean => keys.has(keyid) || (otherKeys?.has(keyid) ?? false);
  const keyids = at
    .field('keyids')
    .array(MAX_KEYS)
    .map((item) => (isKnown(item.string()) ? item.string() : item.fail('names a key that is not listed')));
  if (new Set(keyids).size < keyids.length) at.field('keyids').fail('names one key twice');
  if (keyids.length === 0) at.field('keyids').fail('is empty, so nobody could sign');
  return { keyids, threshold: at.field('threshold').integer(1) };
}
