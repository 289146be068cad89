import { type FileHandle, lstat, mkdir, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { seal, sha256 } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { chunks } from '../core/source.ts';
import { digestSource, openFile, withFile } from '../files/read.ts';
import { syncFolder, writeAtomic, writeFileAtomic } from '../files/write.ts';
import { memoryBody, tooLong, verified } from './body.ts';
import { linkObject } from './directory-copy.ts';
import { atPath } from './directory-errors.ts';
import { listDirectory, listTemporaries } from './directory-list.ts';
import { locate } from './directory-paths.ts';
import { type Sweep, sweeper } from './directory-sweep.ts';
import { checkPrefix } from './key.ts';
import { withLock } from './lock.ts';
import type { Body, ReadStore, Store, Token } from './store.ts';

/** A folder as a store; it need not exist yet. The token of an object is the SHA-256 of its bytes. */
export function directoryStore(
  folder: string,
  { clockIsRight = false }: { readonly clockIsRight?: boolean } = {},
): Store {
  const root = resolve(folder);
  const sweep = sweeper();
  return {
    url: root,
    machineClock: { skew: () => undefined, isRight: clockIsRight },
    read: (key, maxBytes) => read(root, key, maxBytes),
    stream: (key) => stream(root, key),
    stat: (key) => stat(root, key),
    list: (prefix) => listDirectory(root, checkPrefix(prefix, root)),
    unfinished: () => listTemporaries(root),
    create: (key, body) => create(root, key, body, sweep),
    copyFrom: (from, key, body) => copyFrom(root, from, key, body, sweep),
    replace: (key, bytes, token) =>
      token === undefined ? createSmall(root, key, bytes, sweep) : replace(root, key, bytes, token),
    delete: (key) => remove(root, key),
  };
}

async function stat(root: string, key: string): Promise<{ readonly length: number } | undefined> {
  const path = await locate(root, key);
  return atPath(path, async () => {
    try {
      const found = await lstat(path);
      if (found.isSymbolicLink()) return await withFile(path, async ({ length }) => ({ length }));
      return found.isFile() ? { length: found.size } : undefined;
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw cause;
    }
  });
}

async function read(root: string, key: string, maxBytes: number): ReturnType<ReadStore['read']> {
  if ((await stat(root, key)) === undefined) return undefined;
  const path = await locate(root, key);
  return atPath(path, () =>
    withFile(path, async (file) => {
      if (file.length > maxBytes) throw tooLong(maxBytes, path);
      const bytes = await file.read(0, file.length);
      return { bytes, token: sha256(bytes) };
    }),
  );
}

async function stream(root: string, key: string): ReturnType<ReadStore['stream']> {
  if ((await stat(root, key)) === undefined) return undefined;
  return pieces(await locate(root, key));
}

/** The file is opened when the first piece is asked for, so that a stream nobody reads holds nothing open. */
async function* pieces(path: string): AsyncGenerator<Uint8Array> {
  const file = await atPath(path, () => openFile(path));
  try {
    yield* chunks(file);
  } finally {
    await file.close();
  }
}

/** Temporary file, fsync, link, fsync of the folder: of two that create the same object, exactly one does. */
async function create(root: string, key: string, body: Body, sweep: Sweep): Promise<'created' | 'exists'> {
  const path = await locate(root, key);
  return atPath(path, async () => {
    if (await isTaken(path)) return 'exists';
    await makeParents(dirname(path));
    await sweep(dirname(path));
    try {
      await writeAtomic(path, (file) => writeVerified(file, body, key), { exclusive: true });
      return 'created';
    } catch (error) {
      if (error instanceof OtaError && error.code === 'output-exists') return 'exists';
      throw error;
    }
  });
}

async function copyFrom(
  root: string,
  from: string,
  key: string,
  body: Body,
  sweep: Sweep,
): Promise<'created' | 'exists' | 'unfit'> {
  const source = await locate(root, from);
  const path = await locate(root, key);
  return atPath(path, async () => {
    if (await isTaken(path)) return 'exists';
    if ((await stat(root, from))?.length !== body.length) return 'unfit';
    await makeParents(dirname(path));
    await sweep(dirname(path));
    return linkObject(source, path, body);
  });
}

async function writeVerified(file: FileHandle, body: Body, key: string): Promise<void> {
  // Unlike `write`, `writeFile` goes on after a short write.
  for await (const piece of verified(body, key)) {
    await file.writeFile(piece);
    body.sent?.(piece.length);
  }
}

async function isTaken(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isDirectory()) {
    throw new OtaError('store-failed', `${path} is a folder, so no object of that name can be stored`, {
      where: path,
    });
  }
  return found !== undefined;
}

/** Makes missing folders durable before anything is put into them. */
async function makeParents(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let at = folder; at.length >= first.length; at = dirname(at)) await syncFolder(dirname(at));
}

const createSmall = async (root: string, key: string, bytes: Uint8Array, sweep: Sweep) =>
  (await create(root, key, memoryBody(seal(bytes)), sweep)) === 'created' ? 'replaced' : 'conflict';

/** Compares and renames under a lock of the object. */
async function replace(
  root: string,
  key: string,
  bytes: Uint8Array,
  token: Token,
): Promise<'replaced' | 'conflict'> {
  if ((await stat(root, key)) === undefined) return 'conflict';
  const path = await locate(root, key);
  return atPath(path, () =>
    withLock(path, async () => {
      if ((await stat(root, key)) === undefined) return 'conflict';
      const current = await withFile(path, (file) => digestSource(file));
      if (current.sha256 !== token) return 'conflict';
      await writeFileAtomic(path, bytes);
      return 'replaced';
    }),
  );
}

async function remove(root: string, key: string): Promise<void> {
  if ((await stat(root, key)) === undefined) return;
  const path = await locate(root, key);
  await atPath(path, () =>
    // Locked, so that it does not fall between another's comparison and rename.
    withLock(path, async () => {
      await rm(path, { force: true });
      await syncFolder(dirname(path));
    }),
  );
}
