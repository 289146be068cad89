import chalk from 'chalk';
import { formatSize } from '../../core/sizes.ts';
import type { MediumVerification } from '../../media/verify.ts';
import { productLines } from './media.ts';

/** Extra files that are named one by one. */
const SHOWN = 10;

/** What became of a check of a medium, for a person. */
export function verificationLines(report: MediumVerification, seconds: number): string[] {
  const { path, files, bytes, faults, extra, roots, products, sound } = report;
  return [
    ...products.flatMap(productLines),
    ...faults.flatMap(({ where, message, hint }) => [
      `${chalk.red('✗')} ${message.includes(where) ? message : `${where}: ${message}`}`,
      `  ${hint}`,
    ]),
    ...extraLines(extra),
    sound
      ? `${chalk.green('Sound')}: ${files} files of ${formatSize(bytes)}` +
        `${roots ? `, ${roots.last === 1 ? 'root 1' : `roots 1 to ${roots.last}`}` : ''}; read in ${seconds.toFixed(1)} s`
      : `${chalk.red(faults.length === 1 ? '1 fault' : `${faults.length} faults`)} on ${path}`,
  ];
}

const extraLines = (extra: readonly string[]): string[] =>
  extra.length === 0
    ? []
    : [
        `  ${extra.length === 1 ? '1 file is' : `${extra.length} files are`} there that it does not list; no device looks at them:`,
        ...extra.slice(0, SHOWN).map((key) => `    ${key}`),
        ...(extra.length > SHOWN ? [`    and ${extra.length - SHOWN} more`] : []),
      ];
