import { basename, dirname } from 'node:path';
import { OtaError } from '../../core/errors.ts';
import { readSmallFileIfPresent } from '../../files/read.ts';
import { readPublicKeyFile } from '../key-file.ts';
import { publicKeyPathOf, unlockKeyFile } from '../locker.ts';
import type { KeySource } from './source.ts';
import type { FileUri } from './uri.ts';

const MAX_PUBLIC_KEY_BYTES = 64 * 1024;

/** A key file sealed with a passphrase. */
export function fileKey({ uri, path }: FileUri): KeySource {
  return {
    uri,
    folder: dirname(path),
    peek: async () => {
      const beside = publicKeyPathOf(path);
      const bytes = await readSmallFileIfPresent(beside, MAX_PUBLIC_KEY_BYTES);
      return bytes === undefined ? undefined : readPublicKeyFile(bytes, beside);
    },
    open: async (secrets) => {
      for (let wrong: OtaError | undefined; ; ) {
        const passphrase = await secrets.passphrase(basename(path), wrong);
        try {
          return await unlockKeyFile(path, passphrase);
        } catch (error) {
          if (!(error instanceof OtaError && error.code === 'passphrase-wrong')) throw error;
          wrong = error;
        }
      }
    },
  };
}
