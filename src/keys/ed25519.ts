import { createHash } from 'node:crypto';
import { getPublicKey, hashes, Point, sign, verify } from '@noble/ed25519';
import { OtaError } from '../core/errors.ts';
import { keyidOf, type PublicKey } from './public-key.ts';
import type { Signer } from './signer.ts';

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

hashes.sha512 = (message) => new Uint8Array(createHash('sha512').update(message).digest());

/**
 * Reads a raw Ed25519 public key (RFC 8032, section 5.1.3): exactly 32 bytes, the canonical encoding of a point of the
 * prime-order subgroup. No honest key is anything else. A key of small order verifies one constant signature for many
 * messages, and one with a small-order part would let one secret count as eight keys towards a threshold.
 *
 * @throws OtaError `key-invalid`
 */
export function parsePublicKey(raw: Uint8Array, where?: string): PublicKey {
  if (raw.length !== KEY_BYTES) refuse(`has ${raw.length} bytes, not ${KEY_BYTES}`, where);
  const point = decodePoint(raw);
  if (point === undefined) return refuse('is not the canonical encoding of a point on the curve', where);
  if (point.isSmallOrder()) refuse('is of small order, and would accept forged signatures', where);
  if (!point.isTorsionFree()) refuse('lies outside the prime-order subgroup', where);
  const copy = Uint8Array.from(raw);
  return { raw: copy, keyid: keyidOf(copy) };
}

/**
 * Verifies by RFC 8032, section 5.1.7: a signature of exactly 64 bytes, S below the group order, R canonical. The library
 * checks the equation multiplied by the cofactor; an R of prime order makes the other permitted equation hold as well, so
 * that what is accepted here is accepted by every verifier.
 *
 * Never throws.
 */
export function verifySignature(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  if (key.raw.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  if (!verify(signature, message, key.raw, { zip215: false })) return false;
  return decodePoint(signature.subarray(0, KEY_BYTES))?.isTorsionFree() ?? false;
}

/**
 * Signs with a key in memory (RFC 8032, section 5.1.6). Each signature is verified before it is given out: a fault while
 * signing can give the key away.
 *
 * @param seed the private key, 32 bytes
 * @throws OtaError `key-invalid` for another length; from `sign`, `signature-invalid`
 */
export function signerFromSeed(seed: Uint8Array): Signer {
  if (seed.length !== KEY_BYTES) {
    throw new OtaError('key-invalid', `a private key has ${seed.length} bytes, not ${KEY_BYTES}`);
  }
  const secret = Uint8Array.from(seed);
  const publicKey = parsePublicKey(getPublicKey(secret));
  return {
    publicKey,
    sign: async (message) => {
      const signature = sign(message, secret);
      if (verifySignature(publicKey, message, signature)) return signature;
      throw new OtaError('signature-invalid', 'a signature that was just made does not verify', {
        where: publicKey.keyid,
        hint: 'This machine computes wrongly, as failing memory does. Nothing was signed; sign on another machine.',
      });
    },
  };
}

function decodePoint(bytes: Uint8Array): Point | undefined {
  try {
    return Point.fromBytes(bytes, false);
  } catch {
    return undefined;
  }
}

function refuse(message: string, where: string | undefined): never {
  throw new OtaError('key-invalid', `the public key ${message}`, {
    ...(where === undefined ? {} : { where }),
    hint: 'Ask the holder of the key for its .pub file again.',
  });
}
