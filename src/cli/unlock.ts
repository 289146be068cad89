import { basename } from 'node:path';
import { OtaError } from '../core/errors.ts';
import { unlockKeyFile } from '../keys/locker.ts';
import type { Signer } from '../keys/signer.ts';
import { readPassphrase } from './passphrase.ts';

const TRIES = 3;

/**
 * Opens key files one after the other, each with the passphrase of the one before; where that is wrong and there is a
 * terminal, it is asked for again, three times in all for one key.
 *
 * @throws OtaError `key-missing` without a key file; as `unlockKeyFile` and `readPassphrase`
 */
export async function unlockKeys(
  paths: readonly string[],
  source: { readonly file?: string | undefined; readonly fd?: number | undefined },
): Promise<readonly Signer[]> {
  const [first] = paths;
  if (first === undefined) {
    throw new OtaError('key-missing', 'there is no key to sign with', {
      hint: 'Name a key file with --key, or list key files under keys: in ota.yaml.',
    });
  }
  const asked = source.file === undefined && source.fd === undefined;
  let passphrase = await readPassphrase({ ...source, label: basename(first) });
  const signers: Signer[] = [];
  for (const path of paths) {
    for (let left = TRIES - (path === first ? 1 : 0); ; left -= 1) {
      try {
        signers.push(await unlockKeyFile(path, passphrase));
        break;
      } catch (error) {
        const wrong = error instanceof OtaError && error.code === 'passphrase-wrong';
        if (!asked || !wrong || left === 0) throw error;
        passphrase = await readPassphrase({ label: basename(path) });
      }
    }
  }
  return signers;
}
