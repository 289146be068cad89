import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OtaError } from '../../core/errors.ts';
import { fileError } from '../../files/errors.ts';
import { makeFolder, syncFolder } from '../../files/write.ts';
import {
  BEGINNING,
  type LogEntry,
  type LogStamp,
  type LogStep,
  MAX_LINE_BYTES,
  nextEntry,
  parseEntry,
  printEntry,
} from '../../keys/log/entry.ts';
import { withLock } from '../../storage/lock.ts';

const NAME = 'log.jsonl';
const LINE_END = 0x0a;
const OPEN = constants.O_RDWR | constants.O_CREAT;

/** The log of the keys in a folder. */
export const logPath = (keyFolder = 'keys'): string => join(keyFolder, NAME);

/**
 * Appends a step to a log: one line, on the disk before this returns, by one process at a time. What a crash left of a line
 * that was never finished is removed; nobody was told that it was done.
 *
 * @param path as `logPath` gives it; its folder is made if needed
 * @throws OtaError `log-broken` when the last line is not as it was written, `log-busy`; `output-failed`, `disk-full`
 */
export async function appendLog(path: string, step: LogStep, stamp: LogStamp): Promise<LogEntry> {
  await makeFolder(dirname(path), 0o700);
  return alone(path, async () => {
    const file = await open(path, OPEN, 0o600).catch((cause: unknown) => {
      throw fileError(cause, path, 'write');
    });
    try {
      const { last, end } = await lastLine(file, path);
      const entry = nextEntry(last, step, stamp);
      await writeLine(file, printEntry(entry), end);
      if (end === 0) await syncFolder(dirname(path));
      return entry;
    } catch (cause) {
      throw fileError(cause, path, 'write');
    } finally {
      await file.close();
    }
  });
}

async function writeLine(file: FileHandle, line: Uint8Array, end: number): Promise<void> {
  await file.truncate(end);
  for (let done = 0; done < line.length; ) {
    done += (await file.write(line, done, line.length - done, end + done)).bytesWritten;
  }
  await file.sync();
}

/** The last line that has its end, and where that is. */
async function lastLine(
  file: FileHandle,
  path: string,
): Promise<{ readonly last: Pick<LogEntry, 'n' | 'hash'>; readonly end: number }> {
  const { size } = await file.stat();
  // A whole line, and one that was cut off.
  const start = Math.max(0, size - 2 * MAX_LINE_BYTES);
  const tail = Buffer.alloc(size - start);
  await file.read(tail, 0, tail.length, start);
  const end = tail.lastIndexOf(LINE_END) + 1;
  if (end === 0 && start === 0) return { last: BEGINNING, end: 0 };
  const begin = end < 2 ? 0 : tail.lastIndexOf(LINE_END, end - 2) + 1;
  const line = new Uint8Array(tail.subarray(begin, Math.max(end - 1, 0)));
  return { last: parseEntry(line, `${path} (its last line)`), end: start + end };
}

async function alone<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await withLock(path, work);
  } catch (cause) {
    if (!(cause instanceof OtaError && cause.category === 'storage')) throw cause;
    throw new OtaError('log-busy', `another process writes to ${path}: ${cause.message}`, {
      where: path,
      cause,
      ...(cause.hint === undefined ? {} : { hint: cause.hint }),
    });
  }
}
