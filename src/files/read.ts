import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, stat } from 'node:fs/promises';
import { type Digest, Hasher } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { type Progress, silent } from '../core/progress.ts';
import { type ByteSource, checkRange, chunks } from '../core/source.ts';
import { fileError } from './errors.ts';

/** A regular file held open, so that what is checked is what is used. */
export interface OpenFile extends ByteSource {
  readonly path: string;
  close(): Promise<void>;
}

/** Without waiting for the other end of a pipe, which is refused below; Windows has no such flag. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** @throws OtaError `input-missing`, `input-unreadable`, `input-directory` */
export async function openFile(path: string): Promise<OpenFile> {
  let file: FileHandle;
  try {
    file = await open(path, READ);
  } catch (cause) {
    throw fileError(cause, path, 'read');
  }
  try {
    return await describe(file, path);
  } catch (cause) {
    await file.close();
    throw fileError(cause, path, 'read');
  }
}

export async function describe(file: FileHandle, path: string): Promise<OpenFile> {
  const found = await file.stat();
  if (found.isDirectory()) {
    throw new OtaError('input-directory', `${path} is a directory, a file is needed`, { where: path });
  }
  if (!found.isFile())
    throw new OtaError('input-unreadable', `${path} is not a regular file`, { where: path });
  return {
    path,
    length: found.size,
    read: (offset, length) => readRange(file, path, found.size, offset, length),
    fill: (offset, into) => fillRange(file, path, found.size, offset, into),
    changed: async () => {
      const now = await file.stat();
      return now.size !== found.size || now.mtimeMs !== found.mtimeMs || now.ctimeMs !== found.ctimeMs;
    },
    close: () => file.close(),
  };
}

/** Exactly `length` bytes from `offset` of an open file that has `total`. @throws OtaError `input-changed`, `input-unreadable` */
export async function readRange(
  file: FileHandle,
  path: string,
  total: number,
  offset: number,
  length: number,
) {
  checkRange(total, offset, length);
  // Every byte of it is read or nothing is given: it need not be filled with zeros first.
  const buffer = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
  await fillRange(file, path, total, offset, buffer);
  return buffer;
}

async function fillRange(
  file: FileHandle,
  path: string,
  total: number,
  offset: number,
  buffer: Uint8Array,
): Promise<void> {
  const { length } = buffer;
  checkRange(total, offset, length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file
      .read(buffer, done, length - done, offset + done)
      .catch((cause: unknown) => {
        throw fileError(cause, path, 'read');
      });
    if (bytesRead === 0) {
      throw new OtaError('input-changed', `${path} became shorter while it was read`, {
        where: path,
        hint: 'Let the build that writes it end first, then run the same command again.',
      });
    }
    done += bytesRead;
  }
}

export async function withFile<T>(path: string, use: (file: OpenFile) => Promise<T>): Promise<T> {
  const file = await openFile(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/** A whole small file. @throws OtaError as `openFile`, and `input-too-large` past `maxBytes`. */
export async function readSmallFile(path: string, maxBytes = 16 * 2 ** 20): Promise<Uint8Array> {
  return withFile(path, async (file) => {
    if (file.length <= maxBytes) return file.read(0, file.length);
    throw new OtaError('input-too-large', `${path} has ${file.length} bytes, more than ${maxBytes}`, {
      where: path,
    });
  });
}

/** As `readSmallFile`, `undefined` where there is no such file. */
export async function readSmallFileIfPresent(
  path: string,
  maxBytes?: number,
): Promise<Uint8Array | undefined> {
  try {
    return await readSmallFile(path, maxBytes);
  } catch (error) {
    if (error instanceof OtaError && error.code === 'input-missing') return undefined;
    throw error;
  }
}

/** Bytes that are digested at a time. */
const DIGESTED = 2 ** 19;

export async function digestSource(
  source: ByteSource,
  task = 'hash',
  progress: Progress = silent,
): Promise<Digest> {
  const hasher = new Hasher();
  const take = (piece: Uint8Array) => {
    hasher.update(piece);
    progress({ task, done: hasher.length, total: source.length });
  };
  if (source.fill) {
    const buffer = new Uint8Array(Math.min(DIGESTED, source.length));
    for (let at = 0; at < source.length; at += buffer.length) {
      const piece = buffer.subarray(0, source.length - at);
      await source.fill(at, piece);
      take(piece);
    }
  } else for await (const piece of chunks(source)) take(piece);
  return hasher.digest();
}

/** Whether a file stands at a path, or behind a link there; not where there is nothing, or it cannot be told. */
export const isPlainFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

/** Whether a path is a symbolic link; not where there is nothing. @throws OtaError `input-unreadable` */
export async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw fileError(cause, path, 'read');
  }
}

/** Names in a folder, sorted by code unit; `[]` where there is no folder. */
export async function listFolder(path: string): Promise<readonly string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fileError(cause, path, 'read');
  }
}
