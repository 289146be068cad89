import { type FileHandle, link, mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileError } from './errors.ts';
import { track, untrack } from './scratch.ts';
import { temporaryBeside } from './temporary.ts';

export type { FileHandle };

export interface WriteOptions {
  /** Permission bits before the umask. */
  readonly mode?: number;
  /** Fail with `output-exists` rather than replace. */
  readonly exclusive?: boolean;
}

/**
 * Writes a file whole or not at all: into a temporary neighbour, synced, then renamed (or linked, when `exclusive`),
 * then the folder synced.
 *
 * @throws OtaError `output-failed`, `disk-full`, `output-exists`; what `write` throws
 */
export async function writeAtomic<T>(
  path: string,
  write: (file: FileHandle) => Promise<T>,
  options: WriteOptions = {},
): Promise<T> {
  const temporary = temporaryBeside(path);
  track(temporary);
  try {
    const file = await open(temporary, 'wx+', options.mode ?? 0o666);
    let result: T;
    try {
      result = await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    if (options.exclusive) await link(temporary, path);
    else await rename(temporary, path);
    await syncFolder(dirname(path));
    return result;
  } catch (cause) {
    throw fileError(cause, path, 'write');
  } finally {
    // What cannot be removed must not hide why it could not be written.
    await rm(temporary, { force: true }).catch(() => {});
    untrack(temporary);
  }
}

/** All of the bytes at a place of an open file; a single `write` may stop short. */
export async function writeAt(file: FileHandle, offset: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offset + done);
    done += bytesWritten;
  }
}

export const writeFileAtomic = (path: string, bytes: Uint8Array, options: WriteOptions = {}): Promise<void> =>
  writeAtomic(path, async (file) => file.writeFile(bytes), options);

/** Streams pieces to a file, whole or not at all; gives the bytes written. */
export const writeStreamAtomic = (
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  options: WriteOptions = {},
): Promise<number> =>
  writeAtomic(
    path,
    async (file) => {
      let length = 0;
      for await (const piece of pieces) {
        // `write` may stop short; `writeFile` goes on from where the file stands until all is written.
        await file.writeFile(piece);
        length += piece.length;
      }
      return length;
    },
    options,
  );

/** Makes a renamed or linked entry durable. Windows cannot open a folder; there the rename itself is journalled. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Moves a file over another, durably; one that was moved already is none, so that it can be done again after a power cut.
 *
 * @throws OtaError `output-failed`
 */
export async function moveFile(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError(cause, to, 'write');
  }
  await syncFolder(dirname(to));
}

/** @throws OtaError `output-failed` */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  try {
    await mkdir(path, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  } catch (cause) {
    throw fileError(cause, path, 'write');
  }
}

/**
 * A private folder that is removed when `use` ends, and when the process does.
 *
 * @throws OtaError `output-failed`, `disk-full`; what `use` throws
 */
export async function withScratchFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const prefix = join(tmpdir(), 'ota-');
  const folder = await mkdtemp(prefix).catch((cause: unknown) => {
    throw fileError(cause, prefix, 'write');
  });
  track(folder);
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
    untrack(folder);
  }
}
