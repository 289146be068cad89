import { isAbsolute, join } from 'node:path';

/** A path of a release file, as one that can be opened: as short as the folder's own. */
export const pathIn = (folder: string, path: string): string =>
  isAbsolute(path) ? path : join(folder, path);
