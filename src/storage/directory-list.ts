import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { atPath } from './directory-errors.ts';
import { isScratch } from './directory-paths.ts';
import { isKey } from './key.ts';

export interface Listed {
  readonly key: string;
  readonly length: number;
}

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
      const length = await lengthOf(join(root, key));
      if (length !== undefined) yield { key, length };
    }
  }
}

/** A folder sorts with its slash: `a-b` before `a/x`, and `a.json` too. */
async function sortedEntries(path: string): Promise<readonly Dirent[]> {
  const sortKey = (entry: Dirent): string => (entry.isDirectory() ? `${entry.name}/` : entry.name);
  const entries = (await unlessGone(path, () => readdir(path, { withFileTypes: true }))) ?? [];
  return entries.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

const lengthOf = async (path: string): Promise<number | undefined> =>
  (await unlessGone(path, () => lstat(path)))?.size;

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
