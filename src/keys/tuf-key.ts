import { fromHex } from '../core/bytes.ts';
import type { Cursor } from '../core/json/cursor.ts';
import { parsePublicKey } from './ed25519.ts';
import type { PublicKey } from './public-key.ts';

/**
 * Reads a TUF key object (TUF 1.0.34, section 4.2). The keyid is the digest of the object, so an object that could stand
 * in more than one form (another case of hex, fields beside the known ones) would give one key several keyids: only the
 * form of `tufKey` is read, and the keyid is computed from the key itself.
 *
 * @throws OtaError `shape-invalid`, `key-invalid`
 */
export function publicKeyFromTuf(cursor: Cursor): PublicKey {
  cursor.only(['keytype', 'scheme', 'keyval']);
  cursor.field('keytype').oneOf(['ed25519']);
  cursor.field('scheme').oneOf(['ed25519']);
  const field = cursor.field('keyval').only(['public']).field('public');
  const raw = fromHex(field.string()) ?? field.fail('must be lower-case hexadecimal');
  return parsePublicKey(raw, field.path);
}
