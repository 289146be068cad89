import { read } from 'node:fs';
import { promisify } from 'node:util';
import { Flags } from '@oclif/core';
import { fromUtf8 } from '../core/bytes.ts';
import { OtaError } from '../core/errors.ts';
import { readSmallFile } from '../files/read.ts';
import { type Prompts, terminalPrompts } from './prompts.ts';

/** What is longer is no passphrase but the wrong file. */
const MAX_BYTES = 4096;
/** Fewer characters are tried in days by anyone who gets hold of the key file. */
const MIN_CHARACTERS = 8;
const TRIES = 3;

/** Where a command takes its passphrase from, other than a prompt: never an argument or a variable. */
export const passphraseFlags = {
  'passphrase-file': Flags.string({
    description: "file that holds the keys' passphrase",
    helpValue: 'FILE',
    exclusive: ['passphrase-fd'],
  }),
  'passphrase-fd': Flags.integer({
    description: 'open file descriptor to read the passphrase from',
    helpValue: 'N',
    min: 0,
  }),
};

export interface PassphraseOptions {
  readonly file?: string | undefined;
  readonly fd?: number | undefined;
  /** A new passphrase: asked twice, and not too short. */
  readonly confirm?: boolean;
  /** Whose it is, as in `the keys of gateway`. */
  readonly label: string;
}

/**
 * Reads a passphrase from a file, a file descriptor or a terminal without echo, in this order; one line end at the end of
 * a file is not part of it.
 *
 * @throws OtaError `passphrase-missing` where nobody can be asked, `passphrase-invalid`, `cancelled`; as `readSmallFile`
 */
export async function readPassphrase(
  options: PassphraseOptions,
  prompts: Prompts = terminalPrompts,
): Promise<string> {
  const { file, fd, confirm = false, label } = options;
  if (file !== undefined) return given(await readSmallFile(file, MAX_BYTES), confirm, file);
  if (fd !== undefined) return given(await readDescriptor(fd), confirm, `file descriptor ${fd}`);
  if (prompts.interactive)
    return confirm ? askTwice(label, prompts) : prompts.password(`Passphrase of ${label}`);
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

function given(bytes: Uint8Array, confirm: boolean, where: string): string {
  const passphrase = decode(bytes, where).replace(/\r?\n$/, '');
  const message = confirm ? weakness(passphrase) : undefined;
  if (message === undefined) return passphrase;
  throw new OtaError('passphrase-invalid', `${message}, ${where} has fewer`, { where });
}

function decode(bytes: Uint8Array, where: string): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw new OtaError('passphrase-invalid', `${where} is not UTF-8 text`, { where, cause });
  }
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

async function readDescriptor(fd: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(MAX_BYTES + 1);
  let length = 0;
  try {
    while (length < buffer.length) {
      const { bytesRead } = await promisify(read)(fd, buffer, length, buffer.length - length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
  } catch (cause) {
    throw new OtaError('passphrase-missing', `file descriptor ${fd} cannot be read`, {
      cause,
      hint: `Open it for the command, as in "${fd}<FILE" at the end of the line.`,
    });
  }
  if (length <= MAX_BYTES) return buffer.subarray(0, length);
  throw new OtaError('passphrase-invalid', `file descriptor ${fd} gives more than ${MAX_BYTES} bytes`);
}
