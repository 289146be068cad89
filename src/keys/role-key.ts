import { toHex } from '../core/bytes.ts';
import type { Cursor } from '../core/json/cursor.ts';
import type { JsonObject } from '../core/json/value.ts';
import { verifySignature } from './ed25519.ts';
import type { PublicKey } from './public-key.ts';
import { ecdsaKey, type KnownKey, rsaKey } from './spki-key.ts';
import { publicKeyFromTuf } from './tuf-key.ts';

/** A key that metadata lists: Ed25519, which is all that this tool makes, or one of another repository's. */
export type RoleKey = PublicKey | OtherKey;

/** A key of another type, kept as it stands. */
export interface OtherKey {
  /** The one that it stands under; a publisher of such keys need not have computed it from the key. */
  readonly keyid: string;
  readonly document: JsonObject;
  readonly raw?: never;
  /** Absent for a type that is not known here: such a key verifies nothing, so it never counts. */
  readonly known?: KnownKey;
}

/**
 * Reads one of `keys` (TUF 1.0.34, section 4.2). A known type is read strictly, in its one form and with its one scheme; an
 * unknown one is kept and never counts.
 *
 * Ed25519 keys must stand under the keyid that is computed from them. Those of other types stand under any: tools that make
 * them add fields after the keyid was computed, and what counts towards a threshold is the key itself, not its keyid.
 *
 * @throws OtaError `shape-invalid`, `key-invalid`
 */
export function readRoleKey(keyid: string, at: Cursor): RoleKey {
  const type = at.field('keytype').string();
  if (type === 'ed25519') {
    const key = publicKeyFromTuf(at);
    if (key.keyid !== keyid) at.fail(`has the keyid ${key.keyid}, not the one that it stands under`);
    return key;
  }
  const scheme = at.field('scheme');
  const keyval = at.field('keyval');
  const other = { keyid, document: at.object() };
  if (type === 'ecdsa') {
    scheme.oneOf(['ecdsa-sha2-nistp256']);
    return { ...other, known: ecdsaKey(keyval.field('public')) };
  }
  if (type === 'rsa') {
    scheme.oneOf(['rsassa-pss-sha256']);
    return { ...other, known: rsaKey(keyval.field('public')) };
  }
  scheme.string();
  keyval.object();
  return other;
}

/** What makes two keys one: a keyid does not, since a key may stand under several. `undefined` for an unknown type. */
export const identityOf = (key: RoleKey): string | undefined =>
  key.raw === undefined ? key.known?.identity : `ed25519:${toHex(key.raw)}`;

/** Whether a signature by this key is valid. Never throws. */
export const verifyWith = (key: RoleKey, message: Uint8Array, signature: Uint8Array): boolean =>
  key.raw === undefined
    ? (key.known?.verify(message, signature) ?? false)
    : verifySignature(key, message, signature);
