import {
  createPublicKey,
  constants as crypto,
  type KeyObject,
  type VerifyKeyObjectInput,
  verify,
} from 'node:crypto';
import { fromBase64, toHex } from '../core/bytes.ts';
import type { Cursor } from '../core/json/cursor.ts';

/** A key of another type than Ed25519 that is understood. */
export interface KnownKey {
  /** One for one key, however the object around it is written. */
  readonly identity: string;
  /** Never throws. */
  readonly verify: (message: Uint8Array, signature: Uint8Array) => boolean;
}

/** The SubjectPublicKeyInfo of a P-256 key up to its uncompressed point (RFC 5480): nothing in it is left to choose. */
const P256_HEADER = '3059301306072a8648ce3d020106082a8648ce3d03010703420004';
const P256_BYTES = 91;

/**
 * ECDSA over P-256 with SHA-256 (FIPS 186-5), as other TUF repositories use it. A signature is DER.
 *
 * @throws OtaError `shape-invalid`
 */
export function ecdsaKey(at: Cursor): KnownKey {
  const der = spki(at);
  if (der.length !== P256_BYTES || !toHex(der).startsWith(P256_HEADER)) {
    at.fail('is not an uncompressed P-256 key with a named curve');
  }
  const key = keyObject(at, der);
  return {
    identity: `ecdsa:${toHex(der)}`,
    verify: (message, signature) => verified(message, { key, dsaEncoding: 'der' }, signature),
  };
}

const RSA_BITS = { min: 2048, max: 8192 } as const;
const RSA_EXPONENT = 65_537n;

/** RSASSA-PSS with SHA-256 and a salt of 32 bytes (RFC 8017, section 8.1). @throws OtaError `shape-invalid` */
export function rsaKey(at: Cursor): KnownKey {
  const der = spki(at);
  const key = keyObject(at, der);
  const { modulusLength = 0, publicExponent } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType !== 'rsa' || publicExponent !== RSA_EXPONENT) {
    at.fail('is not an RSA key with the exponent 65537');
  }
  if (modulusLength < RSA_BITS.min || modulusLength > RSA_BITS.max) {
    at.fail(`has ${modulusLength} bits, not ${RSA_BITS.min} to ${RSA_BITS.max}`);
  }
  const pss = {
    key,
    padding: crypto.RSA_PKCS1_PSS_PADDING,
    saltLength: crypto.RSA_PSS_SALTLEN_DIGEST,
  };
  return {
    identity: `rsa:${toHex(der)}`,
    verify: (message, signature) => verified(message, pss, signature),
  };
}

const PEM = /^-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=\n]+)\n-----END PUBLIC KEY-----\n?$/;

/** The DER of a public key in PEM (RFC 7468); not of a certificate or a private key, which Node would take as well. */
function spki(at: Cursor): Uint8Array {
  const body = PEM.exec(at.string())?.[1]?.replaceAll('\n', '');
  return (body && fromBase64(body)) || at.fail('is not a public key in PEM');
}

function keyObject(at: Cursor, der: Uint8Array): KeyObject {
  try {
    const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
    if (toHex(key.export({ type: 'spki', format: 'der' })) === toHex(der)) return key;
  } catch {
    // Refused below, with the place.
  }
  return at.fail('is not a public key in its one encoding');
}

function verified(message: Uint8Array, key: VerifyKeyObjectInput, signature: Uint8Array): boolean {
  try {
    return verify('sha256', message, key, signature);
  } catch {
    return false;
  }
}
