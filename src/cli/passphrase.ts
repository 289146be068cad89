import { Flags } from '@oclif/core';
import { OtaError } from '../core/errors.ts';
import { type Prompts, terminalPrompts } from './prompts.ts';
import { readSecret, type Secret } from './secret.ts';

/** Fewer characters are tried in days by anyone who gets hold of the key file. */
const MIN_CHARACTERS = 8;
const TRIES = 3;

/** Where a command takes its passphrase from, other than a prompt: never an argument. */
export const passphraseFlags = {
  'passphrase-file': Flags.string({
    description: "file that holds the keys' passphrase",
    helpValue: 'FILE',
    exclusive: ['passphrase-fd', 'passphrase-env'],
  }),
  'passphrase-fd': Flags.integer({
    description: 'open file descriptor to read the passphrase from',
    helpValue: 'N',
    min: 0,
    exclusive: ['passphrase-env'],
  }),
};

/** For commands that run in CI, whose secrets often come as variables. A root key is never opened so. */
export const passphraseEnvFlag = {
  'passphrase-env': Flags.string({
    description: "environment variable that holds the keys' passphrase; never for a root key",
    helpValue: 'NAME',
  }),
};

/** Where a passphrase is, other than in a head. */
export interface PassphraseSource {
  readonly file?: string | undefined;
  readonly fd?: number | undefined;
  /** Name of an environment variable. */
  readonly env?: string | undefined;
}

export const passphraseSource = (flags: {
  readonly 'passphrase-file'?: string | undefined;
  readonly 'passphrase-fd'?: number | undefined;
  readonly 'passphrase-env'?: string | undefined;
}): PassphraseSource => ({
  file: flags['passphrase-file'],
  fd: flags['passphrase-fd'],
  env: flags['passphrase-env'],
});

export interface PassphraseOptions extends PassphraseSource {
  /** A new passphrase: asked twice, and not too short. */
  readonly confirm?: boolean;
  /** The one before did not open it. */
  readonly again?: boolean;
  /** Whose it is, as in `the keys of gateway`. */
  readonly label: string;
}

/**
 * Reads a passphrase from a file, a file descriptor, a variable or a terminal without echo, in this order; one line end at the
 * end is not part of it.
 *
 * @throws OtaError `passphrase-missing` where nobody can be asked, `passphrase-invalid`, `cancelled`; as `readSecret`
 */
export async function readPassphrase(
  options: PassphraseOptions,
  prompts: Prompts = terminalPrompts,
): Promise<string> {
  const { file, fd, env, confirm = false, again = false, label } = options;
  const source = await readSecret({ file, fd, env });
  if (source !== undefined) return given(source, confirm);
  if (prompts.interactive)
    return confirm
      ? askTwice(label, prompts)
      : prompts.password(`${again ? 'That does not open it. ' : ''}Passphrase of ${label}`);
  throw new OtaError(
    'passphrase-missing',
    `the passphrase of ${label} is needed, and there is no terminal to ask on`,
    {
      hint: 'Give it with --passphrase-file FILE or --passphrase-fd N.',
    },
  );
}

/** What is wrong with a new passphrase, or `undefined`. */
function weakness(passphrase: string): string | undefined {
  if ([...passphrase].length >= MIN_CHARACTERS) return undefined;
  return `a new passphrase needs at least ${MIN_CHARACTERS} characters`;
}

function given({ secret, where }: Secret, confirm: boolean): string {
  const message = confirm ? weakness(secret) : undefined;
  if (message === undefined) return secret;
  throw new OtaError('passphrase-invalid', `${message}, ${where} has fewer`, { where });
}

async function askTwice(label: string, prompts: Prompts): Promise<string> {
  let fault = '';
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const first = await prompts.password(`${fault}New passphrase for ${label}`);
    const weak = weakness(first);
    if (weak === undefined && (await prompts.password('The same again')) === first) return first;
    fault = `${weak === undefined ? 'the two differ' : weak}. `.replace(/^./, (letter) =>
      letter.toUpperCase(),
    );
  }
  throw new OtaError('passphrase-invalid', `no usable passphrase after ${TRIES} tries`, {
    hint: `Choose one of ${MIN_CHARACTERS} characters or more and type it the same twice.`,
  });
}
