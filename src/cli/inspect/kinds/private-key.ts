import chalk from 'chalk';
import { readSmallFileIfPresent } from '../../../files/read.ts';
import { describeKey, type KeyDescription } from '../../../keys/fingerprint.ts';
import { readPublicKeyFile } from '../../../keys/key-file.ts';
import { publicKeyPathOf } from '../../../keys/locker.ts';
import { keyLines } from '../../views/key.ts';
import { plainKind } from '../kind.ts';
import { fileOf } from '../subject.ts';

interface PrivateKey {
  /** False for a key that anyone who has the file can use. */
  readonly sealed: boolean;
  /** For a passphrase: the base-2 logarithm of the scrypt cost. */
  readonly workFactor?: number;
  /** By the public key beside it. */
  readonly publicKey?: { readonly path: string } & KeyDescription;
}

/** age's own form and its armor, and PEM that nobody sealed. */
const AGE = /^(?:age-encryption\.org\/|-----BEGIN AGE ENCRYPTED FILE-----)/;
const BARE = /^-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const SCRYPT = /\n-> scrypt \S+ (\d{1,2})\n/;

/** Says what a private key is and does not open it. */
export const privateKeyKind = plainKind<PrivateKey>({
  kind: 'private-key',
  recognises: (subject) => !subject.folder && (AGE.test(subject.start) || BARE.test(subject.start)),
  read: async (subject) => {
    const { path, start } = fileOf(subject);
    const factor = SCRYPT.exec(start)?.[1];
    const beside = publicKeyPathOf(path);
    const bytes = await readSmallFileIfPresent(beside);
    const key = bytes && readPublicKeyFile(bytes, beside);
    return {
      sealed: AGE.test(start),
      ...(factor === undefined ? {} : { workFactor: Number(factor) }),
      ...(key ? { publicKey: { path: beside, ...(await describeKey(key)) } } : {}),
    };
  },
  lines: ({ sealed, workFactor, publicKey }) => [
    sealed
      ? `${chalk.bold('A private key')}, sealed by age${workFactor === undefined ? '' : ` with a passphrase (scrypt, 2^${workFactor})`}`
      : `${chalk.bold('A private key')} ${chalk.red('that is not sealed')}: whoever reads this file has the key`,
    ...(publicKey
      ? [`  public key   ${publicKey.path}`, ...keyLines(publicKey)]
      : ['  its public key is not beside it']),
    chalk.dim('  (it was not opened, so that the public key is its own was not checked)'),
  ],
});
