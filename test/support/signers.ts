import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { sha256 } from '../../src/core/digest.ts';
import { keyidOf } from '../../src/keys/public-key.ts';
import type { Signer } from '../../src/keys/signer.ts';

const PKCS8_ED25519 = '302e020100300506032b657004220420';

/** A signer whose key follows from a name, made with node:crypto and so by none of the code under test. */
export function signerNamed(name: string): Signer {
  const seed = sha256(new TextEncoder().encode(`test key ${name}`));
  const key = createPrivateKey({
    key: Buffer.from(PKCS8_ED25519 + seed, 'hex'),
    format: 'der',
    type: 'pkcs8',
  });
  const raw = new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32));
  return {
    publicKey: { raw, keyid: keyidOf(raw) },
    sign: async (message) => new Uint8Array(sign(null, message, key)),
  };
}
