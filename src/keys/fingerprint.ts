import { sha256 } from '../core/digest.ts';
import type { PublicKey } from './public-key.ts';

/** A key as people are shown it, everywhere the same. */
export interface KeyDescription {
  readonly keyid: string;
  /** The SHA-256 of the raw key, whole, in 16 groups of 4 hex digits. */
  readonly fingerprint: string;
  /** The start of the fingerprint, to be read aloud. */
  readonly words: string;
}

export async function describeKey(key: PublicKey): Promise<KeyDescription> {
  return { keyid: key.keyid, fingerprint: fingerprint(key), words: await fingerprintWords(key) };
}

/** The SHA-256 of the raw key, in 16 groups of 4 hex digits. */
export const fingerprint = (key: PublicKey): string => (sha256(key.raw).match(/.{4}/g) ?? []).join(' ');

const WORDS = 12;
const BITS_PER_WORD = 11;

/**
 * 12 words of BIP 39's English list, 11 bits each, most significant bit first: 132 bits, so that nobody can make another key
 * that gives the same words.
 */
async function fingerprintWords(key: PublicKey): Promise<string> {
  const { wordlist } = await import('@scure/bip39/wordlists/english.js');
  const bits = [...sha256(key.raw)]
    .map((digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0'))
    .join('');
  return Array.from({ length: WORDS }, (_, index) =>
    bits.slice(index * BITS_PER_WORD, (index + 1) * BITS_PER_WORD),
  )
    .map((word) => wordlist[Number.parseInt(word, 2)])
    .join(' ');
}
