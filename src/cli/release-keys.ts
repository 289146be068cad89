import { OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import { readSmallFile, readSmallFileIfPresent } from '../files/read.ts';
import { readPublicKeyFile } from '../keys/key-file.ts';
import { publicKeyPathOf } from '../keys/locker.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { productDelegation } from '../repository/genesis.ts';
import { verifyTrust } from '../repository/trust.ts';
import { loadTrust } from './trust-folder.ts';

/** Whose signatures make a bundle genuine, and how many of them. */
export interface ReleaseKeys {
  readonly keys: ReadonlyMap<string, PublicKey>;
  readonly threshold: number;
  /** For messages. */
  readonly source: string;
}

const byKeyid = (keys: readonly PublicKey[]) => new Map(keys.map((key) => [key.keyid, key]));

/** The release keys of a product, from the root of a trust folder down. @throws OtaError as `verifyTrust` */
export async function releaseKeysOfTrust(folder: string, product: Name, now: Seconds): Promise<ReleaseKeys> {
  const { targets } = verifyTrust(await loadTrust(folder), now);
  const { keys, threshold } = productDelegation(targets, product);
  return { keys: byKeyid(keys), threshold, source: `the trust folder ${folder}` };
}

/** Public key files that a person names. @throws OtaError `input-missing`, `key-invalid` */
export async function releaseKeysOfFiles(
  paths: readonly string[],
  threshold: number | undefined,
): Promise<ReleaseKeys> {
  const keys = await Promise.all(
    paths.map(async (path) => readPublicKeyFile(await readSmallFile(path), path)),
  );
  return { keys: byKeyid(keys), threshold: threshold ?? paths.length, source: paths.join(', ') };
}

/**
 * Of key files, those that are release keys, judged by the public keys beside them; one without is kept, and judged when it
 * is opened.
 *
 * @throws OtaError `key-missing` when none is
 */
export async function releaseKeyFiles(
  paths: readonly string[],
  release: ReleaseKeys,
): Promise<readonly string[]> {
  const kept: string[] = [];
  for (const path of paths) {
    const beside = publicKeyPathOf(path);
    const bytes = await readSmallFileIfPresent(beside);
    if (!bytes || release.keys.has(readPublicKeyFile(bytes, beside).keyid)) kept.push(path);
  }
  if (kept.length > 0) return kept;
  throw new OtaError('key-missing', `none of the keys is a release key by ${release.source}`, {
    hint: `Name a release key with --key: ${[...release.keys.keys()].map((keyid) => keyid.slice(0, 16)).join(', ')}.`,
  });
}
