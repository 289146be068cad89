import { mkdtemp, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileError } from './errors.ts';
import { track, untrack } from './scratch.ts';

/**
 * A private folder beside a path, on the same disk as the result that is made of what it holds; removed when `use` ends, and
 * when the process does.
 *
 * @throws OtaError `output-failed`, `disk-full`; what `use` throws
 */
export async function withFolderBeside<T>(path: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await makeBeside(path);
  track(folder);
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
    untrack(folder);
  }
}

async function makeBeside(path: string): Promise<string> {
  try {
    return await mkdtemp(join(dirname(path), `.${basename(path)}.`));
  } catch (cause) {
    throw fileError(cause, path, 'write');
  }
}
