import { OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import { readSmallFile } from '../files/read.ts';
import { readPublicKeyFile } from '../keys/key-file.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { productDelegation } from '../repository/genesis.ts';
import { verifyTrust } from '../repository/trust.ts';
import { type KeyName, peekKey } from './signers.ts';
import { loadTrust, rootKeyidsOf } from './trust-folder.ts';

/** Whose signatures make a bundle genuine, and how many of them. */
export interface ReleaseKeys {
  readonly keys: ReadonlyMap<string, PublicKey>;
  readonly threshold: number;
  /** For messages. */
  readonly source: string;
  /** Keyids of the root role, where a root was followed. */
  readonly rootKeyids?: ReadonlySet<string>;
}

const byKeyid = (keys: readonly PublicKey[]) => new Map(keys.map((key) => [key.keyid, key]));

/** The release keys of a product, from the root of a trust folder down. @throws OtaError as `verifyTrust` */
export async function releaseKeysOfTrust(folder: string, product: Name, now: Seconds): Promise<ReleaseKeys> {
  const trust = await loadTrust(folder);
  const { targets } = verifyTrust(trust, now);
  const { keys, threshold } = productDelegation(targets, product);
  return {
    keys: byKeyid(keys),
    threshold,
    source: `the trust folder ${folder}`,
    rootKeyids: rootKeyidsOf(trust),
  };
}

/** Public key files that a person names. @throws OtaError `input-missing`, `key-invalid` */
export async function releaseKeysOfFiles(
  paths: readonly string[],
  threshold: number | undefined,
): Promise<ReleaseKeys> {
  const keys = await Promise.all(
    paths.map(async (path) => readPublicKeyFile(await readSmallFile(path), path)),
  );
  return {
    keys: byKeyid(keys),
    threshold: threshold ?? paths.length,
    source: paths.join(', '),
    rootKeyids: new Set(),
  };
}

/**
 * Of keys, those that are release keys, judged by their public keys; one whose public key is not known yet is kept, and judged
 * when it is opened.
 *
 * @throws OtaError `key-missing` when none is
 */
export async function releaseKeysAmong(
  keys: readonly KeyName[],
  release: ReleaseKeys,
): Promise<readonly KeyName[]> {
  const kept: KeyName[] = [];
  for (const key of keys) {
    const publicKey = await peekKey(key);
    if (publicKey === undefined || release.keys.has(publicKey.keyid)) kept.push(key);
  }
  if (kept.length > 0) return kept;
  throw new OtaError('key-missing', `none of the keys is a release key by ${release.source}`, {
    hint: `Name a release key with --key: ${[...release.keys.keys()].map((keyid) => keyid.slice(0, 16)).join(', ')}.`,
  });
}
