import { toHex } from '../core/bytes.ts';
import { sha256 } from '../core/digest.ts';
import { canonicalJson } from '../core/json/canonical.ts';
import type { JsonObject } from '../core/json/value.ts';

/** An Ed25519 public key that has passed the checks of `parsePublicKey`. */
export interface PublicKey {
  /** 32 bytes. */
  readonly raw: Uint8Array;
  /** SHA-256 of the canonical JSON of the TUF key object, hex (TUF 1.0.34, section 4.2.1). */
  readonly keyid: string;
}

/** The TUF key object (section 4.2): `{keytype, scheme, keyval: {public}}`. */
export const tufKey = (raw: Uint8Array): JsonObject => ({
  keytype: 'ed25519',
  scheme: 'ed25519',
  keyval: { public: toHex(raw) },
});

export const keyidOf = (raw: Uint8Array): string => sha256(canonicalJson(tufKey(raw)));
