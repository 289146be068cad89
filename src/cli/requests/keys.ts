import type { Review } from '../../requests/review.ts';
import { isNeeded, requireNeeded } from '../../requests/sign.ts';
import { type KeyName, peekKey } from '../signers.ts';

/**
 * Of keys, those that a request counts, judged by their public keys; one whose public key is not known yet is kept, and judged
 * when it is opened.
 */
export async function neededKeys(keys: readonly KeyName[], review: Review): Promise<readonly KeyName[]> {
  const kept: KeyName[] = [];
  for (const key of keys) {
    const keyid = (await peekKey(key))?.keyid;
    if (keyid === undefined || review.documents.some((item) => isNeeded(item, keyid))) kept.push(key);
  }
  return kept;
}

/**
 * Refuses a key that was named for nothing before anybody types a passphrase for it.
 *
 * @throws OtaError `key-missing`
 */
export async function checkNeeded(keys: readonly KeyName[], review: Review): Promise<void> {
  for (const key of keys) {
    const keyid = (await peekKey(key))?.keyid;
    if (keyid !== undefined) requireNeeded(review, keyid);
  }
}
