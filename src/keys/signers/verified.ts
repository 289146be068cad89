import { OtaError } from '../../core/errors.ts';
import { verifySignature } from '../ed25519.ts';
import type { PublicKey } from '../public-key.ts';
import type { Signer } from '../signer.ts';

/**
 * A signer of what only claims to sign: each signature is verified with the public key before it is given out.
 *
 * @throws OtaError from `sign`, `signature-invalid`
 */
export const verifiedSigner = (
  publicKey: PublicKey,
  uri: string,
  sign: (message: Uint8Array) => Promise<Uint8Array>,
): Signer => ({
  publicKey,
  sign: async (message) => {
    const signature = await sign(message);
    if (verifySignature(publicKey, message, signature)) return signature;
    throw new OtaError('signature-invalid', `what ${uri} gave is no signature by key ${publicKey.keyid}`, {
      where: uri,
      hint: 'The private key there is not the one of this public key, or it signs something else than the bytes it is given. Nothing was signed.',
    });
  },
});
