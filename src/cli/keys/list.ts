import { join } from 'node:path';
import { OtaError } from '../../core/errors.ts';
import { listFolder } from '../../files/read.ts';
import { describeKey, type KeyDescription } from '../../keys/fingerprint.ts';
import { parseSignerUri, type SignerUri } from '../../keys/signers/uri.ts';
import { peekKey } from '../signers.ts';
import { readPublicKey } from './public-key.ts';

const SEALED = '.key.age';
const PUBLIC = '.pub';

/** A key, as far as it can be known without a secret. */
export interface ListedKey extends Partial<KeyDescription> {
  /** As it is named for --key; a public key alone by its file. */
  readonly key: string;
  /** False of a public key alone. */
  readonly signs: boolean;
  /** Why nothing is known of it. */
  readonly fault?: string;
}

/**
 * The keys that `ota.yaml` names and those in a folder, each once; a key that cannot be read is listed with the reason.
 *
 * @throws OtaError as `listFolder`
 */
export async function listKeys(named: readonly SignerUri[], folder: string): Promise<readonly ListedKey[]> {
  const names = await listFolder(folder);
  const taken = new Set(named.map((key) => (key.kind === 'file' ? key.path : key.uri)));
  const files = names
    .filter((name) => name.endsWith(SEALED))
    .map((name) => join(folder, name))
    .filter((path) => !taken.has(path))
    .map((path) => parseSignerUri(path));
  const alone = names
    .filter((name) => name.endsWith(PUBLIC) && !names.includes(`${name.slice(0, -PUBLIC.length)}${SEALED}`))
    .map((name) => join(folder, name));
  return [
    ...(await Promise.all([...named, ...files].map((key) => describe(key.uri, true, () => peekKey(key))))),
    ...(await Promise.all(alone.map((path) => describe(path, false, () => readPublicKey(path))))),
  ];
}

async function describe(
  key: string,
  signs: boolean,
  read: () => ReturnType<typeof peekKey>,
): Promise<ListedKey> {
  try {
    const publicKey = await read();
    if (publicKey === undefined)
      return { key, signs, fault: 'its public key is not known without opening it' };
    return { key, signs, ...(await describeKey(publicKey)) };
  } catch (error) {
    if (!(error instanceof OtaError)) throw error;
    return { key, signs, fault: error.message };
  }
}
