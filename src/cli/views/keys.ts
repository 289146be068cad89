import chalk from 'chalk';
import { printable } from '../../core/printable.ts';
import type { ListedKey } from '../keys/list.ts';
import type { MadeKey } from '../keys/made.ts';
import { keyLines } from './key.ts';

export const madeLines = (made: MadeKey, how: string): string[] => [
  `${chalk.green(how)} ${made.key}, with its public key ${made.publicKey}`,
  ...keyLines(made),
  '  Give others the .pub file, and read them the words: they compare, and know that it is yours.',
];

export function listLines(keys: readonly ListedKey[]): string[] {
  if (keys.length === 0) return ['There is no key here. Make one with "ota keys generate NAME".'];
  return keys.flatMap(({ key, signs, keyid, fingerprint, words, fault }) => [
    `${chalk.bold(printable(key))}${signs ? '' : '  (public key alone)'}`,
    ...(keyid === undefined || fingerprint === undefined || words === undefined
      ? [`  ${chalk.yellow(printable(fault ?? ''))}`]
      : keyLines({ keyid, fingerprint, words })),
  ]);
}
