import { readSmallFileIfPresent } from '../files/read.ts';
import { readPublicKeyFile } from '../keys/key-file.ts';
import { publicKeyPathOf } from '../keys/locker.ts';

/**
 * The keyids of key files, by the public keys beside them, so that no passphrase is asked for. A key file without one is
 * passed over.
 *
 * @throws OtaError `key-invalid`
 */
export async function keyidsAtHand(paths: readonly string[]): Promise<ReadonlySet<string>> {
  const keyids = new Set<string>();
  for (const path of paths) {
    const beside = publicKeyPathOf(path);
    const bytes = await readSmallFileIfPresent(beside);
    if (bytes) keyids.add(readPublicKeyFile(bytes, beside).keyid);
  }
  return keyids;
}
