import { relative } from 'node:path';
import chalk from 'chalk';
import { keyLines } from '../views/key.ts';
import type { InitResult } from './project.ts';

/** What `ota init` says to a person. */
export function initLines(result: InitResult, cwd: string): readonly string[] {
  const folder = relative(cwd, result.folder) || '.';
  return [
    `${chalk.green('✓')} ${result.product} is ready in ${folder === '.' ? 'this folder' : folder}`,
    '',
    ...result.files.map((file) => `  ${file}`),
    '',
    ...result.keys.flatMap((key) => [
      `  ${chalk.bold(key.name)} signs ${key.roles.join(', ')}`,
      ...keyLines(key).map((line) => `  ${line}`),
    ]),
    ...(result.passphraseFile === undefined ? [] : passphraseLines(result.passphraseFile)),
    '',
    'Put your build outputs where ota.yaml names them, then:',
    '',
    ...(folder === '.' ? [] : [`  cd ${shellWord(folder)}`]),
    ...result.next.map((command) => `  ${command}`),
  ];
}

const passphraseLines = (file: string): readonly string[] => [
  '',
  chalk.yellow.bold(`The passphrase of both keys was made up and stands in ${file}.`),
  chalk.yellow(
    'Whoever has that file and the keys can sign as you: move it to a safe place, off this machine.',
  ),
];

const shellWord = (text: string): string =>
  /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
