import type { Dirent, Stats } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isTemporary } from '../files/temporary.ts';
import { atPath } from './directory-errors.ts';
import { isScratch } from './directory-paths.ts';
import { isKey } from './key.ts';
import type { Listed, Unfinished } from './store.ts';

/**
 * Regular files below `folder` whose keys start with `prefix`, in code-unit order of the keys. Symbolic links, temporary files
 * and names that no key can have are passed over.
 */
export async function* listDirectory(root: string, prefix: string, folder = ''): AsyncGenerator<Listed> {
  for (const entry of await sortedEntries(join(root, folder))) {
    const key = folder + entry.name;
    if (!isKey(key) || isScratch(entry.name)) continue;
    if (entry.isDirectory()) {
      const inner = `${key}/`;
      if (inner.startsWith(prefix) || prefix.startsWith(inner)) yield* listDirectory(root, prefix, inner);
    } else if (entry.isFile() && key.startsWith(prefix)) {
      const found = await statOf(join(root, key));
      if (found !== undefined) yield { key, length: found.size, modified: secondsOf(found) };
    }
  }
}

/** A folder sorts with its slash: `a-b` before `a/x`, and `a.json` too. */
async function sortedEntries(path: string): Promise<readonly Dirent[]> {
  const sortKey = (entry: Dirent): string => (entry.isDirectory() ? `${entry.name}/` : entry.name);
  const entries = (await unlessGone(path, () => readdir(path, { withFileTypes: true }))) ?? [];
  return entries.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

/** Temporary files below `folder`: of writers that are at work, and of those that were killed. */
export async function* listTemporaries(root: string, folder = ''): AsyncGenerator<Unfinished> {
  for (const entry of await sortedEntries(join(root, folder))) {
    const key = folder + entry.name;
    const path = join(root, key);
    if (entry.isDirectory()) {
      if (isKey(key)) yield* listTemporaries(root, `${key}/`);
    } else if (entry.isFile() && isTemporary(entry.name)) {
      const found = await statOf(path);
      if (found)
        yield { key, started: secondsOf(found), remove: () => atPath(path, () => rm(path, { force: true })) };
    }
  }
}

const statOf = (path: string): Promise<Stats | undefined> => unlessGone(path, () => lstat(path));

/** Whole seconds: never later than it was written. */
const secondsOf = ({ mtimeMs }: Stats): number => Math.floor(mtimeMs / 1000);

/** What is deleted while it is listed is not there. */
function unlessGone<T>(path: string, work: () => Promise<T>): Promise<T | undefined> {
  return atPath(path, async () => {
    try {
      return await work();
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw cause;
    }
  });
}
