import { CLIError } from '@oclif/core/errors';
import chalk from 'chalk';
import { OtaError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';

export interface ErrorJson {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly exitCode: number;
    readonly where?: string;
    readonly hint?: string;
    readonly faults?: readonly { readonly where: string; readonly message: string }[];
  };
}

/** A failure as JSON. A bug of ours has the code `bug`. */
export function errorJson(error: unknown): ErrorJson {
  if (error instanceof OtaError) {
    const { code, message, exitCode, where, hint, faults } = error;
    return {
      error: {
        code,
        message,
        exitCode,
        ...(where === undefined ? {} : { where }),
        ...(hint === undefined ? {} : { hint }),
        ...(faults.length === 0 ? {} : { faults }),
      },
    };
  }
  if (error instanceof CLIError) {
    return {
      error: { code: 'usage-flag', message: oneLine(error.message), exitCode: error.oclif.exit ?? 2 },
    };
  }
  return {
    error: { code: 'bug', message: error instanceof Error ? error.message : String(error), exitCode: 1 },
  };
}

/** A failure for a person: what, where, each fault, what to do next. A bug shows its stack and says that it is one. */
export function printError(error: unknown, print: (line: string) => void): void {
  if (error instanceof OtaError) {
    print(`${chalk.red('Error:')} ${printable(error.message)} ${chalk.dim(`(${error.code})`)}`);
    if (error.where && !error.message.includes(error.where)) print(`  in ${printable(error.where)}`);
    for (const fault of error.faults)
      print(`  ${chalk.bold(printable(fault.where))}  ${printable(fault.message)}`);
    if (error.hint) print(`${chalk.cyan('Next:')} ${printable(error.hint)}`);
    return;
  }
  if (error instanceof CLIError) {
    // `this.exit(n)` has already said what it had to say.
    if ('code' in error && error.code === 'EEXIT') return;
    print(`${chalk.red('Error:')} ${error.message}`);
    return;
  }
  print(
    `${chalk.red('This is a bug in ota:')} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  print('Please report it with the command that you ran.');
}

/**
 * oclif's text as one line: its first, and those that it announces with a colon (the arguments that are missing). Of the rest
 * nothing, because that may quote the command line.
 */
function oneLine(text: string): string {
  const [first = '', ...rest] = text.split('\n').map((line) => line.trim());
  if (!first.endsWith(':')) return first;
  return [first, ...rest.filter((line) => line !== '' && !line.startsWith('See more help'))].join(' ');
}
