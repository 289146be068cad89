import { isPlainFile, type OpenFile, withFile } from '../files/read.ts';
import { directoryStore } from '../storage/directory.ts';
import { containedFiles } from './contained.ts';
import { readImage } from './fat/read.ts';
import { hasBootSignature } from './fat/volume.ts';
import type { MediaFiles } from './store.ts';
import { readTar } from './tar/read.ts';

export type MediumKind = 'folder' | 'image' | 'archive';

/** What kind of medium stands at a path, by what it holds; a folder where nothing stands. @throws OtaError `input-unreadable` */
export async function mediumKindAt(path: string): Promise<MediumKind> {
  if (!(await isPlainFile(path))) return 'folder';
  return withFile(path, kindOf);
}

const kindOf = async (file: OpenFile): Promise<'image' | 'archive'> =>
  (await hasBootSignature(file)) ? 'image' : 'archive';

const READERS = { image: readImage, archive: readTar } as const;

/**
 * What lies on a medium: in a folder, in the image of a stick or in a tar archive.
 *
 * @throws OtaError `media-missing` for a file that is neither, `media-incomplete`, `media-damaged`, `input-unreadable`
 */
export async function openMediaFiles(path: string): Promise<MediaFiles> {
  if (!(await isPlainFile(path))) return directoryStore(path);
  const contents = await withFile(path, async (file) => READERS[await kindOf(file)](file, path));
  return containedFiles(path, contents);
}
