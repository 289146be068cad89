import type { ByteSource } from '../../core/source.ts';
import type { Contained, Contents } from '../contained.ts';
import { damaged } from '../faults.ts';
import { checkCluster, FolderClusters, filePieces } from './chain.ts';
import { type Found, readEntries } from './entries.ts';
import { findVolume, type Volume } from './volume.ts';

/** Folders in folders. */
const MAX_DEPTH = 32;
/** Files and folders of a whole image. */
const MAX_FILES = 200_000;

/**
 * Finds the files of an image. Names are told apart as FAT does, without regard to case. Files that are not ours are no fault.
 *
 * @throws OtaError `media-missing`, `media-incomplete`, `media-damaged`
 */
export async function readImage(source: ByteSource, where: string): Promise<Contents> {
  const volume = await findVolume(source, where);
  const files = new Map<string, Contained>();
  const folders = new FolderClusters(volume);
  let count = 0;

  const visit = async (path: string, cluster: number, depth: number): Promise<void> => {
    const shown = `/${path}`;
    if (depth > MAX_DEPTH) throw damaged(shown, `${shown} is more than ${MAX_DEPTH} folders deep`);
    const inside: Found[] = [];
    for (const found of readEntries(await folders.read(shown, cluster))) {
      count += 1;
      if (count > MAX_FILES) throw damaged(where, `it says that it has more than ${MAX_FILES} files`);
      if (found.folder) inside.push(found);
      else add(files, volume, `${path}${found.name}`, found);
    }
    for (const { name, cluster: first } of inside) {
      await visit(`${path}${name}/`, checkCluster(volume, first, `${path}${name}`), depth + 1);
    }
  };
  await visit('', volume.root, 0);
  return { find: (key) => files.get(key.toLowerCase()), all: () => files.values() };
}

function add(files: Map<string, Contained>, volume: Volume, path: string, { cluster, length }: Found): void {
  const key = path.toLowerCase();
  if (files.has(key)) throw damaged(path, `${path} is there twice`);
  if (length > 0) checkCluster(volume, cluster, path);
  if (length > (volume.lastCluster - 1) * volume.clusterBytes) {
    throw damaged(path, `${path} would be longer than all of ${volume.where}`);
  }
  files.set(key, {
    key: path,
    length,
    pieces: (source) => filePieces({ ...volume, source }, path, cluster, length),
  });
}
