import { lstat, mkdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OtaError } from '../../core/errors.ts';
import { fileError } from '../../files/errors.ts';
import { track, untrack } from '../../files/scratch.ts';
import { syncFolder } from '../../files/write.ts';

/** Puts one new file or folder in its place; throws where something is there already. */
export interface Step {
  readonly path: string;
  run(): Promise<void>;
}

/** Moves a finished folder into its place. */
export const moveStep = (from: string, path: string): Step => ({
  path,
  run: async () => {
    await refuseExisting(path);
    await rename(from, path);
  },
});

/**
 * Runs all steps and then `finish`. When one of them fails, or the process is told to end meanwhile, what the steps put
 * in place is taken away again.
 */
export async function placeAll(
  folder: string,
  steps: readonly Step[],
  finish: () => Promise<void>,
): Promise<void> {
  const placed: string[] = [];
  try {
    for (const step of steps) {
      await placing(step);
      placed.push(step.path);
      track(step.path);
    }
    await finish();
    await syncFolder(folder);
  } catch (error) {
    for (const path of placed) await rm(path, { recursive: true, force: true });
    throw error;
  } finally {
    placed.forEach(untrack);
  }
}

async function placing(step: Step): Promise<void> {
  try {
    await step.run();
  } catch (cause) {
    throw fileError(cause, step.path, 'write');
  }
}

/** @throws OtaError `output-exists` */
export async function refuseExisting(path: string): Promise<void> {
  const there = await lstat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw fileError(cause, path, 'write');
  });
  if (there === undefined) return;
  throw new OtaError('output-exists', `${path} exists already`, {
    where: path,
    hint: 'Nothing was changed. Choose another folder, or move it away first.',
  });
}

/** Runs `use` in a folder, made for it where needed and taken away again when `use` fails. */
export async function inFolder<T>(folder: string, use: () => Promise<T>): Promise<T> {
  let first: string | undefined;
  try {
    first = await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw fileError(cause, folder, 'write');
  }
  try {
    return await use();
  } catch (error) {
    if (first !== undefined) await removeEmpty(folder, first);
    throw error;
  }
}

/** Removes `folder` and its parents up to `first`, as far as they are empty. */
async function removeEmpty(folder: string, first: string): Promise<void> {
  for (let path = folder; path.length >= first.length; path = dirname(path)) {
    const removed = await rmdir(path).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}
