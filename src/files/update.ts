import { open } from 'node:fs/promises';
import { fileError } from './errors.ts';
import { describe, type OpenFile } from './read.ts';
import { writeAt } from './write.ts';

/** A file held open to change bytes of it in place. */
export interface UpdatableFile extends OpenFile {
  /** Writes all of the bytes and waits until the disk has them. */
  overwrite(offset: number, bytes: Uint8Array): Promise<void>;
}

/** @throws OtaError as `openFile`; `output-failed`, `disk-full`; what `use` throws */
export async function withUpdatableFile<T>(
  path: string,
  use: (file: UpdatableFile) => Promise<T>,
): Promise<T> {
  const file = await open(path, 'r+').catch((cause) => {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw fileError(cause, path, missing ? 'read' : 'write');
  });
  try {
    const described = await describe(file, path);
    return await use({
      ...described,
      overwrite: async (offset, bytes) => {
        try {
          await writeAt(file, offset, bytes);
          await file.sync();
        } catch (cause) {
          throw fileError(cause, path, 'write');
        }
      },
    });
  } finally {
    await file.close();
  }
}
