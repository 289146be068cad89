import { sha256 } from '../../src/core/digest.ts';

type Ed25519 = typeof import('../../src/keys/ed25519.ts');

/**
 * The same answers to the same questions, worked out once: for tests that verify one repository hundreds of times and are about
 * something else. `vi.mock('../../src/keys/ed25519.ts', async (original) => memoized(await original()))`.
 */
export function memoized(real: Ed25519): Ed25519 {
  const keys = new Map<string, ReturnType<Ed25519['parsePublicKey']>>();
  const verdicts = new Map<string, boolean>();
  const signatures = new Map<string, Uint8Array>();
  return {
    parsePublicKey: (raw, where) => {
      const id = sha256(raw);
      const key = keys.get(id) ?? real.parsePublicKey(raw, where);
      keys.set(id, key);
      return key;
    },
    verifySignature: (key, message, signature) => {
      const id = [key.raw, message, signature].map(sha256).join();
      const verdict = verdicts.get(id) ?? real.verifySignature(key, message, signature);
      verdicts.set(id, verdict);
      return verdict;
    },
    signerFromSeed: (seed) => {
      const signer = real.signerFromSeed(seed);
      return {
        publicKey: signer.publicKey,
        sign: async (message) => {
          const id = [seed, message].map(sha256).join();
          const signature = signatures.get(id) ?? (await signer.sign(message));
          signatures.set(id, signature);
          return signature;
        },
      };
    },
  };
}
