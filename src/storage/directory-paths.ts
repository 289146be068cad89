import { realpath } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { OtaError } from '../core/errors.ts';
import { isTemporary } from '../files/temporary.ts';
import { directoryError } from './directory-errors.ts';
import { checkKey } from './key.ts';

/** Temporary files and locks: neighbours of objects that are none. */
export const isScratch = (name: string): boolean =>
  isTemporary(name) || /^\..+\.lock(?:\.break)?$/.test(name);

/**
 * The path of a key. No key leads out of the root, neither by its segments nor through a symbolic link.
 *
 * @throws OtaError `name-invalid`, `store-refused`
 */
export async function locate(root: string, key: string): Promise<string> {
  checkKey(key, root);
  if (isScratch(basename(key))) {
    throw new OtaError('name-invalid', `${key} is kept for temporary files`, { where: root });
  }
  const path = join(root, ...key.split('/'));
  const base = await resolved(root);
  // Without a root nothing below it can be a link.
  if (base === undefined) return path;
  const real = await nearest(path);
  if (real === base || real.startsWith(base.endsWith(sep) ? base : base + sep)) return path;
  throw new OtaError('store-refused', `${key} leads out of ${root} through a symbolic link`, {
    where: path,
    hint: 'Replace the link by a folder, or use the folder that it leads to as the store.',
  });
}

/** The real path of the nearest ancestor that exists, the path itself first. */
async function nearest(path: string): Promise<string> {
  return (await resolved(path)) ?? nearest(dirname(path));
}

async function resolved(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw directoryError(cause, path);
  }
}
