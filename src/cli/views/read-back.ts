import chalk from 'chalk';
import type { PublicReport } from '../../publish/public-check.ts';

/** What was read back, as a part of a command's result; nothing where no address is known. */
export interface ReadBack {
  readonly public?: PublicReport;
}

/** What was read back, for a person. */
export const readBackLines = ({ public: report }: ReadBack): string[] =>
  report === undefined
    ? []
    : [
        `  ${report.url} serves it: ${report.objects} objects read back`,
        ...report.warnings.map((warning) => `  ${chalk.yellow('warning:')} ${warning}`),
      ];
