import chalk from 'chalk';
import { type CheckedLog, checkLog } from '../../log/read.ts';
import { logLines } from '../../views/log.ts';
import { plainKind } from '../kind.ts';

/** The log of what was done with keys; that no line of it was changed is checked as it is read. */
export const logKind = plainKind<CheckedLog>({
  kind: 'log',
  recognises: (subject) =>
    !subject.folder && subject.start.startsWith('{"at":') && subject.json === undefined,
  read: (subject) => checkLog(subject.path),
  lines: (log) => [
    chalk.bold('The log of what was done with keys'),
    ...logLines(log).map((line) => `  ${line.trimStart()}`),
    chalk.dim('  (ota log show lists the steps)'),
  ],
});
