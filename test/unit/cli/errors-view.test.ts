import { CLIError, ExitError } from '@oclif/core/errors';
import { describe, expect, it } from 'vitest';
import { errorJson, printError } from '../../../src/cli/errors-view.ts';
import { OtaError } from '../../../src/core/errors.ts';

const FAULTS = [
  { where: '3:1', message: 'first' },
  { where: '4:1', message: 'second' },
];
const FULL = new OtaError('release-file-invalid', 'ota.yaml has 2 faults', {
  where: 'ota.yaml',
  hint: 'Correct it.',
  faults: FAULTS,
  cause: new Error('a secret of the cause'),
});

const printed = (error: unknown): string => {
  const lines: string[] = [];
  printError(error, (line) => lines.push(line));
  // Whether there are colours is the terminal's to say.
  return lines.join('\n').replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '');
};

describe('errorJson', () => {
  it('has the code, the exit code, and what there is of the rest', () => {
    expect(errorJson(FULL)).toStrictEqual({
      error: {
        code: 'release-file-invalid',
        message: 'ota.yaml has 2 faults',
        exitCode: 3,
        where: 'ota.yaml',
        hint: 'Correct it.',
        faults: FAULTS,
      },
    });
    expect(errorJson(new OtaError('cancelled', 'gone'))).toStrictEqual({
      error: { code: 'cancelled', message: 'gone', exitCode: 130 },
    });
  });

  it('of a wrong flag has the first line alone: the others may quote the command line', () => {
    const error = new CLIError('Nonexistent flag: --x\nSee more help with --help\nota --x secret', {
      exit: 2,
    });
    expect(errorJson(error)).toStrictEqual({
      error: { code: 'usage-flag', message: 'Nonexistent flag: --x', exitCode: 2 },
    });
  });

  it.each([
    [new TypeError('x is not a function'), 'x is not a function'],
    ['text', 'text'],
    [undefined, 'undefined'],
  ])('of %s is a bug', (error, message) => {
    expect(errorJson(error)).toStrictEqual({ error: { code: 'bug', message, exitCode: 1 } });
  });
});

describe('printError', () => {
  it('says what, each fault and what to do next', () => {
    expect(printed(FULL)).toBe(
      [
        'Error: ota.yaml has 2 faults (release-file-invalid)',
        '  3:1  first',
        '  4:1  second',
        'Next: Correct it.',
      ].join('\n'),
    );
    expect(printed(new OtaError('cancelled', 'gone'))).toBe('Error: gone (cancelled)');
  });

  it('shows control characters of a file as text', () => {
    const evil = '\u001b[2J\u202e\u009b';
    const error = new OtaError('input-unknown', `a${evil}`, {
      hint: `b${evil}`,
      faults: [{ where: `c${evil}`, message: `d${evil}` }],
    });
    const shown = '\\u001b[2J\\u202e\\u009b';
    expect(printed(error)).toBe(`Error: a${shown} (input-unknown)\n  c${shown}  d${shown}\nNext: b${shown}`);
  });

  it('keeps the causes of a failure to itself', () => {
    expect(printed(FULL)).not.toContain('secret');
    expect(JSON.stringify(errorJson(FULL))).not.toContain('secret');
  });

  it('shows a wrong flag with its help, and nothing for a plain exit', () => {
    expect(printed(new CLIError('Nonexistent flag: --x\nSee more help with --help'))).toBe(
      'Error: Nonexistent flag: --x\nSee more help with --help',
    );
    expect(printed(new ExitError(0))).toBe('');
  });

  it('calls a bug a bug, with its stack', () => {
    const text = printed(new TypeError('x is not a function'));
    expect(text).toContain('This is a bug in ota: TypeError: x is not a function');
    expect(text).toContain('errors-view.test.ts');
    expect(text.split('\n').at(-1)).toBe('Please report it with the command that you ran.');
    expect(printed('text')).toContain('This is a bug in ota: text');
  });
});
