import { concatBytes, fromBase64, fromUtf8, toBase64, utf8 } from '../core/bytes.ts';
import { OtaError } from '../core/errors.ts';

// PrivateKeyInfo, version 0, id-Ed25519 without parameters, a seed of 32 bytes (RFC 8410, section 7).
const PREFIX = Uint8Array.from(Buffer.from('302e020100300506032b657004220420', 'hex'));
const PEM = /^-----BEGIN PRIVATE KEY-----\r?\n([A-Za-z0-9+/]{64})\r?\n-----END PRIVATE KEY-----\r?\n?$/;
const SEED_BYTES = 32;

/** A private key as `openssl genpkey -algorithm ed25519` writes it: PKCS#8 in PEM (RFC 8410, RFC 7468). */
export function encodePkcs8(seed: Uint8Array): Uint8Array {
  if (seed.length !== SEED_BYTES) {
    throw new OtaError('key-invalid', `a private key has ${seed.length} bytes, not ${SEED_BYTES}`);
  }
  const body = toBase64(concatBytes(PREFIX, seed));
  return utf8(`-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`);
}

// SubjectPublicKeyInfo, id-Ed25519 without parameters, a key of 32 bytes (RFC 8410, section 4).
const PUBLIC_PREFIX = Uint8Array.from(Buffer.from('302a300506032b6570032100', 'hex'));

/** A public key as `openssl pkey -pubout` writes it. @param raw 32 bytes */
export const encodeSpki = (raw: Uint8Array): Uint8Array =>
  utf8(
    `-----BEGIN PUBLIC KEY-----\n${toBase64(concatBytes(PUBLIC_PREFIX, raw))}\n-----END PUBLIC KEY-----\n`,
  );

/**
 * Reads what `encodePkcs8` writes, and nothing else: the one DER form of the key, with no text or attributes around it.
 *
 * @returns the seed, 32 bytes
 * @throws OtaError `key-invalid`, which never quotes the content
 */
export function decodePkcs8(pem: Uint8Array, where: string): Uint8Array {
  const body = PEM.exec(textOf(pem))?.[1];
  const der = body === undefined ? undefined : fromBase64(body);
  if (der !== undefined && Buffer.compare(der.subarray(0, PREFIX.length), PREFIX) === 0) {
    return der.slice(PREFIX.length);
  }
  throw new OtaError('key-invalid', `${where} holds no Ed25519 private key in PKCS#8 form`, {
    where,
    hint: hintOf(textOf(pem)),
  });
}

/** What to do with a private key of another form, by its label (RFC 7468). */
function hintOf(text: string): string {
  if (text.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----')) {
    return 'It is encrypted: decrypt it into a pipe, "openssl pkey -in FILE | ota keys import NAME -".';
  }
  if (text.includes('-----BEGIN OPENSSH PRIVATE KEY-----')) {
    return 'It is a key of OpenSSH: add it to an agent with "ssh-add FILE" and name it as ssh-agent:.';
  }
  return 'Make one with "openssl genpkey -algorithm ed25519" or with "ota keys generate".';
}

function textOf(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    return '';
  }
}
