import { sha256 } from '../core/digest.ts';
import type { PublicKey } from './public-key.ts';

/** What people compare: the SHA-256 of the raw key, whole, in 16 groups of 4 hex digits. */
export const fingerprint = (key: PublicKey): string => (sha256(key.raw).match(/.{4}/g) ?? []).join(' ');
