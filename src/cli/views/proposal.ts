import chalk from 'chalk';
import type { OtaError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import type { KeyDescription } from '../../keys/fingerprint.ts';
import type { ProposalReport } from '../root/report.ts';

/** Who signs what by a proposal, and what to do next. */
export const proposalLines = (report: ProposalReport): string[] => [
  ...report.roles.flatMap(({ role, threshold, keys, expires }) => [
    `${chalk.bold(role)}, ${threshold} of ${keys.length}${expires === undefined ? '' : `, expires ${expires}`}`,
    ...keys.flatMap(({ keyid, fingerprint, words }) => [
      `  ${keyid.slice(0, 16)}${report.lost.includes(keyid) ? ' (lost)' : ''}`,
      `    fingerprint  ${fingerprint}`,
      `    in words     ${words}`,
    ]),
  ]),
  ...changeLines(report),
];

/** A proposal that starts from a store whose snapshot and timestamp are not believed. */
export const doubtLines = ({ message }: OtaError): string[] => [
  chalk.yellow('Snapshot and timestamp in the store are not believed:'),
  `  ${printable(message)}`,
  '  The proposal starts from what the keys of each role have signed. It can be published only if it takes away a key of snapshot or timestamp.',
];

/** Keys that come in: what is read out to their holders before anybody signs. */
export const newKeyLines = (keys: readonly KeyDescription[]): string[] =>
  keys.length === 0
    ? []
    : [
        '',
        'Compare each new key with its holder, by voice or face to face:',
        ...keys.flatMap(({ keyid, fingerprint, words }) => [
          `  ${chalk.bold(keyid.slice(0, 16))}`,
          `    fingerprint  ${fingerprint}`,
          `    in words     ${words}`,
        ]),
      ];

/** What an edit came to. */
export const changeLines = ({ path, toSign }: ProposalReport): string[] =>
  toSign.length === 0
    ? [`${path} changes nothing yet.`]
    : [
        `${path} gives a new ${toSign.join(', ')} to sign; nothing is published.`,
        '  next: ota root diff, then ota root request',
      ];

export interface RequestReport {
  readonly path: string;
  /** Its name: what a response is for. */
  readonly sha256: string;
  readonly toSign: readonly string[];
}

export const requestLines = ({ path, sha256, toSign }: RequestReport): string[] => [
  `Wrote ${path}: ${toSign.join(', ')} to be signed`,
  `  request ${(sha256.match(/.{4}/g) ?? []).join(' ')}`,
  `  next: carry it to the holders of the keys, who run ota sign ${path}`,
];
