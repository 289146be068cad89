import { OtaError } from '../../core/errors.ts';
import type { PlannedFile } from '../writer.ts';
import { entryCount, MAX_ENTRIES } from './directory.ts';
import { checkFatName, ENTRY } from './names.ts';

/** A folder of a plan; files by their place in it. */
export interface Folder {
  /** Absent for the root. */
  readonly parent?: Folder;
  readonly folders: ReadonlyMap<string, Folder>;
  readonly files: ReadonlyMap<string, number>;
}

interface Growing extends Folder {
  readonly folders: Map<string, Growing>;
  readonly files: Map<string, number>;
  /** Every name without regard to case, as it stands. */
  readonly names: Map<string, string>;
}

const growing = (parent?: Growing): Growing => ({
  ...(parent === undefined ? {} : { parent }),
  folders: new Map(),
  files: new Map(),
  names: new Map(),
});

/**
 * The folders of a plan: the root first, each before those in it.
 *
 * @throws OtaError `name-invalid` for names that FAT cannot have beside each other, or at all; `input-too-large` for a folder of too many
 */
export function foldersOf(plan: readonly PlannedFile[]): readonly Folder[] {
  const root = growing();
  for (const [index, { key }] of plan.entries()) {
    const segments = key.split('/').map((segment) => checkFatName(segment, key));
    let folder = root;
    for (const segment of segments.slice(0, -1)) folder = folderIn(folder, segment, key);
    const name = segments.at(-1) ?? '';
    claim(folder, name, key);
    folder.files.set(name, index);
  }
  const found: Folder[] = [root];
  // Those that are found on the way are walked, too.
  for (const folder of found) {
    if (folderBytes(folder) > MAX_ENTRIES * ENTRY) throw tooMany(folder);
    found.push(...folder.folders.values());
  }
  return found;
}

function folderIn(parent: Growing, name: string, key: string): Growing {
  const known = parent.folders.get(name);
  if (known !== undefined) return known;
  claim(parent, name, key);
  const made = growing(parent);
  parent.folders.set(name, made);
  return made;
}

function claim({ names }: Growing, name: string, key: string): void {
  const folded = name.toLowerCase();
  const other = names.get(folded);
  if (other !== undefined) {
    throw new OtaError(
      'name-invalid',
      `${key} cannot lie beside ${other}: on a stick, case makes no difference`,
      {
        where: key,
        hint: 'Give what it is named after another name.',
      },
    );
  }
  names.set(folded, name);
}

/** Bytes of a folder. */
export const folderBytes = ({ parent, folders, files }: Folder): number =>
  ENTRY * entryCount([...folders.keys(), ...files.keys()], parent === undefined);

const tooMany = ({ files, folders }: Folder): OtaError =>
  new OtaError(
    'input-too-large',
    `${files.size + folders.size} files in one folder are more than FAT32 has room for`,
    { hint: 'Put fewer releases on one medium.' },
  );
