import { writeImage } from './fat/write.ts';
import type { MediumKind } from './files.ts';
import { writeFolder } from './folder.ts';
import { writeTar } from './tar/write.ts';
import type { WriteMedium } from './writer.ts';

/** What a medium is made as: an image of a stick (`.img`), a tar archive (`.tar`), else a folder. */
export const mediumKind = (path: string): MediumKind =>
  path.endsWith('.img') ? 'image' : path.endsWith('.tar') ? 'archive' : 'folder';

export const WRITERS: Readonly<Record<MediumKind, WriteMedium>> = {
  folder: writeFolder,
  image: writeImage,
  archive: writeTar,
};
