import chalk from 'chalk';
import { describeKey, type KeyDescription } from '../../../keys/fingerprint.ts';
import { readPublicKeyFile } from '../../../keys/key-file.ts';
import { keyLines } from '../../views/key.ts';
import { plainKind } from '../kind.ts';
import { documentOf } from '../subject.ts';

export const publicKeyKind = plainKind<KeyDescription>({
  kind: 'public-key',
  recognises: (subject) => !subject.folder && subject.json?.document.keytype !== undefined,
  read: async (subject) => describeKey(readPublicKeyFile(documentOf(subject).bytes, subject.path)),
  lines: (key) => [`${chalk.bold('A public key')} (Ed25519)`, ...keyLines(key)],
});
