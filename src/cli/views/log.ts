import chalk from 'chalk';
import { printable } from '../../core/printable.ts';
import type { LogEntry } from '../../keys/log/entry.ts';
import type { CheckedLog } from '../log/read.ts';

/** A log that passed. */
export function logLines({ path, entries, first, last, head, cutOff }: CheckedLog): string[] {
  const span = first === undefined ? '' : `, from ${first} to ${last}`;
  return [
    `${chalk.green('Whole')}: ${entries} ${entries === 1 ? 'step' : 'steps'} in ${path}${span}`,
    `  head ${head}`,
    ...(cutOff === 0
      ? []
      : [chalk.yellow(`  ${cutOff} bytes of a step that was cut off follow; the next step removes them`)]),
  ];
}

/** A step, as it was logged. */
export function entryLines({ n, at, by, tool, step, what, key, keyid, sha256 }: LogEntry): string[] {
  const details = [
    ...(keyid === undefined ? [] : [`key ${keyid.slice(0, 16)}`]),
    ...(key === undefined ? [] : [printable(key)]),
    ...(sha256 === undefined ? [] : [`sha256 ${sha256}`]),
  ];
  return [
    `${String(n).padStart(4)}  ${at}  ${chalk.bold(printable(step))} ${printable(what)}  ${chalk.dim(printable(`by ${by}, ${tool}`))}`,
    ...(details.length === 0 ? [] : [`      ${details.join(', ')}`]),
  ];
}
