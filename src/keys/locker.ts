import { join } from 'node:path';
import { equalBytes } from '../core/bytes.ts';
import { OtaError } from '../core/errors.ts';
import { parseName } from '../core/names.ts';
import { readSmallFile, readSmallFileIfPresent } from '../files/read.ts';
import { writeFileAtomic } from '../files/write.ts';
import { signerFromSeed } from './ed25519.ts';
import {
  type KeyUse,
  openSeed,
  readPublicKeyFile,
  sealKey,
  WORK_FACTOR,
  writePublicKeyFile,
} from './key-file.ts';
import type { PublicKey } from './public-key.ts';
import type { Signer } from './signer.ts';

const SECRET = '.key.age';
const PUBLIC = '.pub';
/** A sealed key has about 300 bytes; anything much larger is something else. */
const MAX_BYTES = 64 * 1024;

export interface KeyFiles {
  readonly publicKey: PublicKey;
  /** Paths of `NAME.key.age` and `NAME.pub`. */
  readonly keyPath: string;
  readonly publicKeyPath: string;
}

/** `keys/release.pub` for `keys/release.key.age`. */
export function publicKeyPathOf(keyPath: string): string {
  return `${keyPath.endsWith(SECRET) ? keyPath.slice(0, -SECRET.length) : keyPath}${PUBLIC}`;
}

/**
 * Writes `NAME.key.age` (mode 0600) and `NAME.pub` into a folder that exists. Neither may exist already.
 *
 * @param seed 32 random bytes
 * @param use what the passphrase costs to try
 * @throws OtaError `name-invalid`, `key-exists`, `output-failed`, `disk-full`
 */
export async function createKeyFiles(
  folder: string,
  name: string,
  seed: Uint8Array,
  passphrase: string,
  use: KeyUse = 'offline',
): Promise<KeyFiles> {
  const keyPath = join(folder, `${parseName(name, 'the key')}${SECRET}`);
  const publicKeyPath = publicKeyPathOf(keyPath);
  // The public file comes second and can be made again from the key; one that is there already must stop both.
  await refuseExisting(publicKeyPath);
  const { publicKey } = signerFromSeed(seed);
  const sealed = await sealKey(seed, passphrase, WORK_FACTOR[use]);
  await writeNew(keyPath, sealed, 0o600);
  await writeNew(publicKeyPath, writePublicKeyFile(publicKey), 0o644);
  return { publicKey, keyPath, publicKeyPath };
}

/**
 * Opens a key file, and compares the key with the public key beside it, where there is one.
 *
 * @throws OtaError `input-missing`, `passphrase-wrong`, `key-invalid`
 */
export const unlockKeyFile = async (path: string, passphrase: string): Promise<Signer> =>
  signerFromSeed(await unlockSeed(path, passphrase));

/** As `unlockKeyFile`, the private key itself, 32 bytes. */
export async function unlockSeed(path: string, passphrase: string): Promise<Uint8Array> {
  const seed = await openSeed(await readSmallFile(path, MAX_BYTES), passphrase, path);
  const signer = signerFromSeed(seed);
  const publicKeyPath = publicKeyPathOf(path);
  const beside = await readSmallFileIfPresent(publicKeyPath, MAX_BYTES);
  if (beside === undefined) return seed;
  if (equalBytes(readPublicKeyFile(beside, publicKeyPath).raw, signer.publicKey.raw)) return seed;
  throw new OtaError('key-invalid', `${publicKeyPath} is not the public key of ${path}`, {
    where: publicKeyPath,
    hint: 'Someone or something replaced one of the two. Take both from their backup.',
  });
}

/**
 * Seals a key file with another passphrase. What is written is opened once before it takes the place of the old file.
 *
 * @throws OtaError as `unlockKeyFile`; `output-failed`, `disk-full`
 */
export async function resealKeyFile(
  path: string,
  passphrases: { readonly old: string; readonly next: string },
  use: KeyUse,
): Promise<PublicKey> {
  const seed = await unlockSeed(path, passphrases.old);
  const sealed = await sealKey(seed, passphrases.next, WORK_FACTOR[use]);
  if (!equalBytes(await openSeed(sealed, passphrases.next, path), seed)) {
    throw new TypeError('a key that was just sealed opens as another');
  }
  await writeFileAtomic(path, sealed, { mode: 0o600 });
  return signerFromSeed(seed).publicKey;
}

async function refuseExisting(path: string): Promise<void> {
  if ((await readSmallFileIfPresent(path, MAX_BYTES)) !== undefined) throw keyExists(path);
}

async function writeNew(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  try {
    await writeFileAtomic(path, bytes, { mode, exclusive: true });
  } catch (error) {
    if (error instanceof OtaError && error.code === 'output-exists') throw keyExists(path, error);
    throw error;
  }
}

const keyExists = (path: string, cause?: unknown): OtaError =>
  new OtaError('key-exists', `${path} exists already`, {
    where: path,
    ...(cause === undefined ? {} : { cause }),
    hint: 'Keys are never overwritten. Choose another name or folder.',
  });
