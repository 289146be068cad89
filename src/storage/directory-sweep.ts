import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isTemporary } from '../files/temporary.ts';

export type Sweep = (folder: string) => Promise<void>;

/** Milliseconds after which no living process still writes to a temporary file without its time changing. */
const ABANDONED = 24 * 3_600_000;

/**
 * Removes what killed processes left in a folder, once for each folder. A file that cannot be removed is left: it is not an
 * object and does no harm.
 */
export function sweeper(): Sweep {
  const swept = new Set<string>();
  return async (folder) => {
    if (swept.has(folder)) return;
    swept.add(folder);
    for (const name of (await readdir(folder).catch(() => [])).filter(isTemporary)) {
      const path = join(folder, name);
      const found = await lstat(path).catch(() => undefined);
      if (found !== undefined && Date.now() - found.mtimeMs > ABANDONED) await rm(path).catch(() => {});
    }
  };
}
