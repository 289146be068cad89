import chalk from 'chalk';
import { printable } from '../../core/printable.ts';
import type { Authority } from './authority.ts';

/** Who signed by what a file claims, and of those that have to, who is missing. */
export interface SignatureReport {
  /** Keyids that the signatures name; nothing was checked of them. */
  readonly claimed: readonly string[];
  /** Where the keys that count are known. */
  readonly needed?: {
    readonly threshold: number;
    readonly keys: readonly string[];
    readonly source: string;
    /** Of these keys, those that have not signed by what the file claims. */
    readonly missing: readonly string[];
  };
  /** With `--verify`: whose signatures are valid. */
  readonly valid?: readonly string[];
  /** With `--verify`: keyids that count, and whose signature is wrong. */
  readonly wrong?: readonly string[];
  /** With `--verify`: whether the valid ones are enough. */
  readonly met?: boolean;
}

/** @param valid keyids whose signatures are valid, where that was asked for and the keys are known */
export function signatureReport(
  claimed: readonly string[],
  authority: Authority | undefined,
  valid: readonly string[] | undefined,
): SignatureReport {
  if (!authority) return { claimed, ...(valid === undefined ? {} : { met: false }) };
  const { threshold, keys, source } = authority;
  const needed = {
    threshold,
    keys: [...keys.keys()],
    source,
    missing: [...keys.keys()].filter((keyid) => !claimed.includes(keyid)),
  };
  if (valid === undefined) return { claimed, needed };
  const wrong = claimed.filter((keyid) => keys.has(keyid) && !valid.includes(keyid));
  return { claimed, needed, valid, wrong, met: valid.length >= threshold };
}

const short = (keyid: string): string => printable(keyid.slice(0, 16));

/** The same for a person, one line for each key. */
export function signatureLines({ claimed, needed, valid, wrong }: SignatureReport): string[] {
  const keys = needed?.keys ?? [];
  const strangers = claimed.filter((keyid) => !keys.includes(keyid));
  const state = (keyid: string): string => {
    if (valid?.includes(keyid)) return chalk.green('signed, valid');
    if (wrong?.includes(keyid)) return chalk.red('signed, and the signature is wrong');
    return claimed.includes(keyid) ? 'signed' : chalk.yellow('missing');
  };
  const title = needed
    ? `  signatures: ${needed.threshold} of ${keys.length} needed, by ${printable(needed.source)}`
    : `  signatures: whose count is not known here${claimed.length === 0 ? '' : ' (--trust DIR tells)'}`;
  return [
    title,
    ...keys.map((keyid) => `    ${short(keyid)}  ${state(keyid)}`),
    ...strangers.map((keyid) => `    ${short(keyid)}  signed${needed ? ', and does not count' : ''}`),
    ...(claimed.length === 0 ? [`    ${chalk.yellow('not signed')}`] : []),
  ];
}

/** What stands under everything that carries signatures and of which none was checked. */
export const notVerified = (report: SignatureReport): string[] =>
  report.valid === undefined
    ? [chalk.dim('  (shown as it stands, nothing was verified; --verify checks the signatures)')]
    : [];
