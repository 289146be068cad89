import type { PublicKey } from './public-key.ts';

/** Something that can sign with one Ed25519 key: a key file, a token, an ssh-agent or a command. */
export interface Signer {
  readonly publicKey: PublicKey;
  /** 64 bytes (RFC 8032, section 5.1.6), verified with the public key before they are given out. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}
