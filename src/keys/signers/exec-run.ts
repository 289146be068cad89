import { spawn } from 'node:child_process';
import { OtaError } from '../../core/errors.ts';
import type { ExecUri } from './exec-uri.ts';

/** A signature in any form that is taken has 130 bytes at most. */
const MAX_OUTPUT = 4096;

/**
 * Runs a command without a shell: `input` on its stdin, its stderr to ours, and what it writes to stdout. It is killed when its
 * time is over or when it writes more than a signature.
 *
 * @throws OtaError `command-failed`
 */
export function runCommand({ program, args, timeout, uri }: ExecUri, input: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], shell: false });
    const pieces: Buffer[] = [];
    let length = 0;
    let stopped: string | undefined;
    const stop = (reason: string) => {
      stopped ??= reason;
      child.kill('SIGKILL');
      // What the command started may hold the pipe open.
      child.stdout.destroy();
    };
    const timer = setTimeout(() => stop(`has not ended after ${timeout} seconds`), timeout * 1000);
    const fail = (reason: string, cause?: unknown) =>
      reject(
        new OtaError('command-failed', `${program} ${reason}`, {
          where: uri,
          ...(cause === undefined ? {} : { cause }),
          hint: 'Run it by hand, with a file on its stdin. Nothing was signed.',
        }),
      );
    child.on('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      fail(cause.code === 'ENOENT' ? 'is not there' : `cannot be run (${cause.code})`, cause);
    });
    // That it does not read is its own affair: what counts is what it gives and how it ends.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.stdout.on('data', (piece: Buffer) => {
      length += piece.length;
      if (length > MAX_OUTPUT) stop(`writes more than ${MAX_OUTPUT} bytes`);
      else pieces.push(piece);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (stopped !== undefined) fail(stopped);
      else if (code !== 0) fail(code === null ? `was ended by ${signal}` : `failed with exit code ${code}`);
      else resolve(new Uint8Array(Buffer.concat(pieces)));
    });
  });
}
