import { basename } from 'node:path';
import type { Digest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { digestSource, withFile } from '../files/read.ts';
import { MAX_ENTRY_BYTES } from './archive/header.ts';
import { EXTRA_NAME_FORM, isExtraName } from './extra-name.ts';
import type { ReleaseContent } from './release-file/model.ts';
import { pathIn } from './release-file/paths.ts';

export interface ExtraFile extends Digest {
  /** Its name in the bundle: that of the file, in lower case. */
  readonly name: string;
  readonly path: string;
}

/**
 * The files of `notes` and `extras`, read once, sorted by their names in the bundle.
 *
 * @throws OtaError `name-invalid` for names that a bundle cannot have, or has twice; as `openFile`, `input-too-large`
 */
export async function prepareExtras(
  { notes, extras }: Pick<ReleaseContent, 'notes' | 'extras'>,
  folder: string,
): Promise<readonly ExtraFile[]> {
  const paths = new Set(
    [...(notes === undefined ? [] : [notes]), ...extras].map((path) => pathIn(folder, path)),
  );
  const found = new Map<string, ExtraFile>();
  for (const path of paths) {
    const name = basename(path).toLowerCase();
    if (!isExtraName(name)) refuse(path, `${path} has a name that a bundle cannot have`);
    if (found.has(name)) refuse(path, `two files are named ${name}`);
    const digest = await withFile(path, (file) => digestSource(file));
    if (digest.length > MAX_ENTRY_BYTES) {
      throw new OtaError(
        'input-too-large',
        `${path} has ${digest.length} bytes; a bundle holds files below 8 GiB`,
        {
          where: path,
        },
      );
    }
    found.set(name, { name, path, ...digest });
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function refuse(path: string, message: string): never {
  throw new OtaError('name-invalid', message, {
    where: path,
    hint: `Rename the file: ${EXTRA_NAME_FORM}, each name once.`,
  });
}
