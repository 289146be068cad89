import { OtaError } from '../core/errors.ts';

/** Says what is wrong with an answer, or `undefined`. */
export type Check = (answer: string) => string | undefined;

interface Choice {
  readonly value: string;
  readonly name: string;
  readonly checked: boolean;
}

/** Questions to a person. All throw OtaError `cancelled` on Ctrl-C. */
export interface Prompts {
  /** Whether there is somebody to ask. */
  readonly interactive: boolean;
  /** Without echo. */
  password(message: string): Promise<string>;
  text(message: string, suggestion: string, check: Check): Promise<string>;
  /** At least one of the choices. */
  choose(message: string, choices: readonly Choice[]): Promise<readonly string[]>;
}

/** Asks on the terminal, on stderr so that stdout keeps to the result. */
export const terminalPrompts: Prompts = {
  get interactive() {
    return Boolean(process.stdin.isTTY && process.stderr.isTTY);
  },
  password: (message) => ask<string>({ type: 'password', message, mask: false, toggleMask: false }),
  text: (message, suggestion, check) =>
    ask<string>({
      type: 'input',
      message,
      default: suggestion,
      validate: (answer: string) => check(answer) ?? true,
    }),
  choose: (message, choices) => ask<string[]>({ type: 'checkbox', message, choices, required: true }),
};

/** Where nobody is to be asked, as with --json, whose output is for programs. */
export const silentPrompts: Prompts = { ...terminalPrompts, interactive: false };

async function ask<T>(question: { readonly type: string; readonly [option: string]: unknown }): Promise<T> {
  const { default: inquirer } = await import('inquirer');
  const prompt = inquirer.createPromptModule({ input: process.stdin, output: process.stderr });
  try {
    const { answer } = (await prompt([{ ...question, name: 'answer' }] as never)) as { readonly answer: T };
    return answer;
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'ExitPromptError') {
      throw new OtaError('cancelled', 'cancelled at a question', { cause });
    }
    throw cause;
  }
}
