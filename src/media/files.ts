import { isPlainFile, type OpenFile, withFile } from '../files/read.ts';
import { directoryStore } from '../storage/directory.ts';
import { type Contents, containedFiles } from './contained.ts';
import { readImage } from './fat/read.ts';
import { hasBootSignature } from './fat/volume.ts';
import type { MediaFiles } from './store.ts';
import { readTar } from './tar/read.ts';

/**
 * What lies on a medium: in a folder, in the image of a stick or in a tar archive, which are told apart by what they hold.
 *
 * @throws OtaError `media-missing` for a file that is neither, `media-incomplete`, `media-damaged`, `input-unreadable`
 */
export async function openMediaFiles(path: string): Promise<MediaFiles> {
  if (!(await isPlainFile(path))) return directoryStore(path);
  return containedFiles(path, await withFile(path, contentsOf));
}

const contentsOf = async (file: OpenFile): Promise<Contents> =>
  (await hasBootSignature(file)) ? readImage(file, file.path) : readTar(file, file.path);
