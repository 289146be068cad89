import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { toHex } from './bytes.ts';

/**
 * What the page uses of `node:crypto`, which no browser has: hashes that take a stream piece by piece (the browser's own take all
 * bytes at once, and only on pages that it deems secure).
 */
export function createHash(algorithm: 'sha256' | 'sha512'): Hash {
  return new Hash(algorithm);
}

export class Hash {
  readonly #hash: ReturnType<typeof sha256.create> | ReturnType<typeof sha512.create>;

  constructor(algorithm: 'sha256' | 'sha512') {
    this.#hash = algorithm === 'sha256' ? sha256.create() : sha512.create();
  }

  update(bytes: Uint8Array): this {
    this.#hash.update(bytes);
    return this;
  }

  digest(): Uint8Array;
  digest(encoding: 'hex'): string;
  digest(encoding?: 'hex'): Uint8Array | string {
    const bytes = this.#hash.digest();
    return encoding === undefined ? bytes : toHex(bytes);
  }
}
