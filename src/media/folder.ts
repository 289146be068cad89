import { dirname, resolve } from 'node:path';
import { type Digest, Hasher, sameDigest, seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { chunks } from '../core/source.ts';
import { readSmallFileIfPresent, withFile } from '../files/read.ts';
import { removeFile } from '../files/remove.ts';
import { removeTemporaries } from '../files/temporary.ts';
import { makeFolder, writeFileAtomic, writeStreamAtomic } from '../files/write.ts';
import { locate } from '../storage/directory-paths.ts';
import { BEGUN_FILE, isMediaKey, MEDIA_FILE, parseMediaLayout } from './layout.ts';
import { isPartOf, partsOf } from './parts.ts';
import { otherMedium, requireRoom } from './room.ts';
import { exactly, type MediaWriter, type PlannedFile, type WriteMedium } from './writer.ts';

const MAX_LIST_BYTES = 32 * 2 ** 20;

/**
 * A medium in a folder, which may have other things in it. Files that are there already are kept; what an earlier medium left and this
 * one does not have is removed. While it is written there is no list of what is on it, so nobody takes it for a finished one.
 */
export const writeFolder: WriteMedium = async (path, files, { replace = false, list: fresh }, use) => {
  const folder = resolve(path);
  await makeFolder(folder);
  const list = await locate(folder, MEDIA_FILE);
  const begun = await locate(folder, BEGUN_FILE);
  const finished = await readSmallFileIfPresent(list, MAX_LIST_BYTES);
  if (finished && !replace && seal(finished).sha256 !== fresh?.sha256) throw otherMedium(folder);
  const planned = new Set(files.map(({ key }) => key));
  const before = [...keysOf(finished), ...linesOf(await readSmallFileIfPresent(begun, MAX_LIST_BYTES))];
  const stale = [...new Set(before)].filter((key) => !planned.has(key));
  await checkRoom(folder, files, stale);
  await writeFileAtomic(begun, Buffer.from([...stale, ...planned].map(line).join('')));
  await removeFile(list);
  for (const key of stale) await removeKey(folder, key);
  const paths = await Promise.all(files.map(({ key }) => locate(folder, key)));
  for (const below of new Set(paths.map(dirname))) if (below !== folder) await removeTemporaries(below);
  const result = await use(writerInto(folder, files));
  await removeFile(begun);
  return result;
};

const line = (key: string): string => `${key}\n`;

const writerInto = (folder: string, files: readonly PlannedFile[]): MediaWriter => {
  const planned = new Set(files.map(({ key }) => key));
  return {
    put: async (key, length, pieces) => {
      const path = await locate(folder, key);
      await makeFolder(dirname(path));
      await writeStreamAtomic(path, exactly(pieces, length, key));
    },
    holds: (key, digest, seen) => {
      const parts = planned.has(key) ? [{ key }] : files.filter((file) => isPartOf(file.key, key));
      return holds(folder, parts, digest, seen);
    },
  };
};

/** Writes a small file of a medium, whole or not at all. @throws OtaError `output-failed`, `disk-full`, `store-refused` */
export async function putFile(folder: string, key: string, bytes: Uint8Array): Promise<void> {
  const path = await locate(resolve(folder), key);
  await makeFolder(dirname(path));
  await writeFileAtomic(path, bytes);
}

/** @throws OtaError `output-failed`, `store-refused` */
export const removeKey = async (folder: string, key: string): Promise<void> =>
  removeFile(await locate(resolve(folder), key));

async function holds(
  folder: string,
  parts: readonly Pick<PlannedFile, 'key'>[],
  digest: Digest,
  seen: (bytes: number) => void,
): Promise<boolean> {
  const hasher = new Hasher();
  for (const { key } of parts) {
    const path = await locate(folder, key);
    try {
      await withFile(path, async (file) => {
        if (hasher.length + file.length > digest.length) return;
        for await (const piece of chunks(file)) {
          hasher.update(piece);
          seen(piece.length);
        }
      });
    } catch (error) {
      if (error instanceof OtaError && error.code === 'input-missing') return false;
      throw error;
    }
  }
  return hasher.length === digest.length && sameDigest(hasher.digest(), digest);
}

/** @throws OtaError `disk-full` before anything is changed, where it does not fit once `stale` is gone */
async function checkRoom(
  folder: string,
  files: readonly PlannedFile[],
  stale: readonly string[],
): Promise<void> {
  const lengthOf = async (key: string) =>
    withFile(await locate(folder, key), async (file) => file.length).catch(() => 0);
  let missing = 0;
  for (const { key, length } of files) missing += Math.max(0, length - (await lengthOf(key)));
  for (const key of stale) missing -= await lengthOf(key);
  await requireRoom(folder, missing, folder);
}

/** The files that a finished medium lists, as they lie on it; none where its list cannot be understood. */
function keysOf(list: Uint8Array | undefined): readonly string[] {
  if (!list) return [];
  try {
    const { files, parts } = parseMediaLayout(list, MEDIA_FILE);
    return files.flatMap(({ key, length }) => partsOf(key, length, parts).map((part) => part.key));
  } catch (error) {
    if (error instanceof OtaError) return [];
    throw error;
  }
}

/** Only names that a medium may have: whoever can write to a stick shall not have other files of it removed. */
const linesOf = (text: Uint8Array | undefined): readonly string[] =>
  Buffer.from(text ?? [])
    .toString('utf8')
    .split('\n')
    .filter(isMediaKey);
