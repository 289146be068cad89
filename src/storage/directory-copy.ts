import { link, lstat, rm, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Digest, sameDigest } from '../core/digest.ts';
import { digestSource, withFile } from '../files/read.ts';
import { track, untrack } from '../files/scratch.ts';
import { temporaryBeside } from '../files/temporary.ts';
import { syncFolder } from '../files/write.ts';

/** A file that cannot be given a second name here: of another file system or owner, or with too many of them. */
const UNFIT: ReadonlySet<string | undefined> = new Set([
  'ENOENT',
  'ENOTDIR',
  'EXDEV',
  'EMLINK',
  'EPERM',
  'EACCES',
]);

/**
 * Gives the file of one object the name of another one too, once it has been read and has the expected bytes. What was read is what
 * gets the name, whatever happens to the first name meanwhile. The time of the file becomes that of the new object.
 *
 * @param path in a folder that exists
 */
export async function linkObject(
  source: string,
  path: string,
  expected: Digest,
): Promise<'created' | 'exists' | 'unfit'> {
  const temporary = temporaryBeside(path);
  track(temporary);
  try {
    if (!(await isRegular(source))) return 'unfit';
    await link(source, temporary);
    if (!(await isRegular(temporary))) return 'unfit';
    if (!sameDigest(await withFile(temporary, (file) => digestSource(file)), expected)) return 'unfit';
    const now = new Date();
    await utimes(temporary, now, now);
    await link(temporary, path);
    await syncFolder(dirname(path));
    return 'created';
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') return 'exists';
    if (UNFIT.has(code)) return 'unfit';
    throw cause;
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
    untrack(temporary);
  }
}

const isRegular = async (path: string): Promise<boolean> => (await lstat(path)).isFile();
