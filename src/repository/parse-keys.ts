import type { Cursor } from '../core/json/cursor.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { publicKeyFromTuf } from '../keys/tuf-key.ts';
import type { RoleKeys } from './model.ts';

const MAX_KEYS = 10_000;

/**
 * `keys` of a root or of delegations (TUF 1.0.34, section 4.3). Each keyid is computed anew from its key, so one key
 * cannot stand there under two.
 *
 * @throws OtaError `shape-invalid`, `key-invalid`
 */
export function keys(at: Cursor): ReadonlyMap<string, PublicKey> {
  return new Map(
    at.entries(MAX_KEYS).map(([keyid, item]) => {
      const key = publicKeyFromTuf(item);
      if (key.keyid !== keyid) item.fail(`has the keyid ${key.keyid}, not the one that it stands under`);
      return [keyid, key];
    }),
  );
}

/** `keyids` and `threshold` of a role: known keys, each once, and a threshold that they can meet. @throws OtaError `shape-invalid` */
export function roleKeys(at: Cursor, known: ReadonlyMap<string, PublicKey>): RoleKeys {
  const keyids = at
    .field('keyids')
    .array(MAX_KEYS)
    .map((item) => (known.has(item.string()) ? item.string() : item.fail('names a key that is not listed')));
  if (new Set(keyids).size < keyids.length) at.field('keyids').fail('names one key twice');
  if (keyids.length === 0) at.field('keyids').fail('is empty, so nobody could sign');
  return { keyids, threshold: at.field('threshold').integer(1, keyids.length) };
}
