import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { listFolder } from './read.ts';
import { removeFile } from './remove.ts';

/** A new name beside a file, for what will become that file. */
export const temporaryBeside = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);

export const isTemporary = (name: string): boolean => /^\..+\.[0-9a-f]{12}\.tmp$/.test(name);

/**
 * Removes what a power cut or a kill left half written in a folder that only this process writes to.
 *
 * @throws OtaError `output-failed`, `input-unreadable`
 */
export async function removeTemporaries(folder: string): Promise<void> {
  for (const name of (await listFolder(folder)).filter(isTemporary)) await removeFile(join(folder, name));
}
