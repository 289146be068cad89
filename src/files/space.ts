import { statfs } from 'node:fs/promises';

/** Bytes that may be written where a folder is; `undefined` where its file system does not tell. */
export async function freeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
