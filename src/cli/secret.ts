import { read } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { fromUtf8, utf8 } from '../core/bytes.ts';
import { OtaError } from '../core/errors.ts';
import { readSmallFile } from '../files/read.ts';
import type { PassphraseSource } from './passphrase.ts';

/** What is longer is no passphrase and no PIN but the wrong file. */
const MAX_BYTES = 4096;

/** A passphrase or a PIN, and where it was read. */
export interface Secret {
  readonly secret: string;
  readonly where: string;
}

/**
 * Reads a secret from where it is said to be, without one line end at its end; `undefined` where nothing is said.
 *
 * @throws OtaError `passphrase-invalid` for what is no text, `passphrase-missing` for a descriptor or variable that is not there;
 *   as `readSmallFile`
 */
export async function readSecret({ file, fd, env }: PassphraseSource): Promise<Secret | undefined> {
  if (file !== undefined) return textOf(await readSmallFile(file, MAX_BYTES), file);
  if (fd !== undefined) return textOf(await readDescriptor(fd), `file descriptor ${fd}`);
  if (env !== undefined) return textOf(readVariable(env), `the variable ${env}`);
  return undefined;
}

function textOf(bytes: Uint8Array, where: string): Secret {
  try {
    return { secret: fromUtf8(bytes).replace(/\r?\n$/, ''), where };
  } catch (cause) {
    throw new OtaError('passphrase-invalid', `${where} is not UTF-8 text`, { where, cause });
  }
}

function readVariable(name: string): Uint8Array {
  const value = process.env[name];
  if (value !== undefined && value !== '') return utf8(value);
  throw new OtaError('passphrase-missing', `the variable ${name} is not set`, {
    where: name,
    hint: 'Name the variable that holds the passphrase, not the passphrase itself.',
  });
}

/** A file or a pipe, to its end. */
async function readDescriptor(fd: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(MAX_BYTES + 1);
  let length = 0;
  try {
    while (length < buffer.length) {
      const bytesRead = await readOnce(fd, buffer, length);
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

/** A pipe that does not block says that nothing is there yet. */
async function readOnce(fd: number, buffer: Uint8Array, offset: number): Promise<number> {
  for (;;) {
    try {
      return (await promisify(read)(fd, buffer, offset, buffer.length - offset, null)).bytesRead;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EAGAIN') throw cause;
      await sleep(20);
    }
  }
}
