import { createHash, type Hash } from 'node:crypto';

/** What identifies bytes: their SHA-256 in lower-case hex and their length in bytes. */
export interface Digest {
  readonly sha256: string;
  readonly length: number;
}

/** Bytes together with their digest, so that what is hashed is what is written. */
export interface Sealed extends Digest {
  readonly bytes: Uint8Array;
}

export const isSha256 = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);
export const isSha512 = (text: string): boolean => /^[0-9a-f]{128}$/.test(text);

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export const seal = (bytes: Uint8Array): Sealed => ({ bytes, sha256: sha256(bytes), length: bytes.length });

export const sameDigest = (a: Digest, b: Digest): boolean => a.sha256 === b.sha256 && a.length === b.length;

/** Digests a stream piece by piece. */
export class Hasher {
  readonly #hash: Hash;
  #length = 0;

  constructor(algorithm: 'sha256' | 'sha512' = 'sha256') {
    this.#hash = createHash(algorithm);
  }

  update(bytes: Uint8Array): this {
    this.#hash.update(bytes);
    this.#length += bytes.length;
    return this;
  }

  get length(): number {
    return this.#length;
  }

  /** Ends the digest, in lower-case hex; call once. */
  hex(): string {
    return this.#hash.digest('hex');
  }

  /** As `hex`, with the length, of a SHA-256. */
  digest(): Digest {
    return { sha256: this.hex(), length: this.#length };
  }
}
