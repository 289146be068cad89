import { readSmallFileIfPresent } from '../../files/read.ts';
import { readPublicKeyFile } from '../../keys/key-file.ts';
import { publicKeyPathOf } from '../../keys/locker.ts';
import type { Review } from '../../requests/review.ts';
import { isNeeded } from '../../requests/sign.ts';

/**
 * Of key files, those that a request counts, judged by the public keys beside them; one without is kept, and judged when it is
 * opened.
 */
export async function neededKeys(paths: readonly string[], review: Review): Promise<readonly string[]> {
  const kept: string[] = [];
  for (const path of paths) {
    const beside = publicKeyPathOf(path);
    const bytes = await readSmallFileIfPresent(beside);
    const keyid = bytes && readPublicKeyFile(bytes, beside).keyid;
    if (keyid === undefined || review.documents.some((item) => isNeeded(item, keyid))) kept.push(path);
  }
  return kept;
}
