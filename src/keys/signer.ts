import type { PublicKey } from './public-key.ts';

/** Something that can sign with one Ed25519 key: a key file, a token, an ssh-agent or a command. */
export interface Signer {
  readonly publicKey: PublicKey;
  /**
   * 64 bytes (RFC 8032, section 5.1.6), verified with the public key before they are given out.
   *
   * @param subject for the log, which is all that looks at it
   */
  sign(message: Uint8Array, subject?: Subject): Promise<Uint8Array>;
}

/** What is signed, for people who read the log later. */
export interface Subject {
  /** `manifest of gateway 2.4.0`, `root 3`. */
  readonly what: string;
  /** SHA-256 of the document, where what is signed is not the document itself. */
  readonly sha256?: string;
}
