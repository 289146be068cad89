import { rm } from 'node:fs/promises';
import { fileError } from './errors.ts';

/** Removes a file; that there is none is no fault. @throws OtaError `output-failed` */
export async function removeFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (cause) {
    throw fileError(cause, path, 'write');
  }
}

/** Removes a folder and all in it; that there is none is no fault. @throws OtaError `output-failed` */
export async function removeFolder(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (cause) {
    throw fileError(cause, path, 'write');
  }
}
