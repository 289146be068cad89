import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listFolder, readSmallFile } from '../../files/read.ts';
import { makeFolder, writeFileAtomic } from '../../files/write.ts';
import type { Step } from './place.ts';

/** Whose workflows a project can be given. */
export const CI_KINDS = ['github', 'gitlab'] as const;
export type CiKind = (typeof CI_KINDS)[number];

/** Where the workflows go; the scripts that they run go to `ci/`. */
const WORKFLOWS: Readonly<Record<CiKind, string>> = { github: '.github/workflows', gitlab: 'ci' };
const FOLDER = fileURLToPath(new URL('../../../templates/ci/', import.meta.url));

/** A file of `templates/ci/` and its place in the project. */
export interface CiFile {
  readonly from: string;
  readonly to: string;
  readonly mode: number;
}

/** The workflows of a kind, and the scripts. */
export async function ciFiles(kind: CiKind): Promise<readonly CiFile[]> {
  const below = async (folder: string, to: string): Promise<readonly CiFile[]> =>
    (await listFolder(join(FOLDER, folder))).toSorted().map((name) => ({
      from: join(FOLDER, folder, name),
      to: `${to}/${name}`,
      // What is only read by the others is not run.
      mode: name.endsWith('.sh') && basename(name) !== 'common.sh' ? 0o755 : 0o644,
    }));
  return [...(await below('scripts', 'ci')), ...(await below(kind, WORKFLOWS[kind]))];
}

/** Puts a file into the project's folder, which must not have it. */
export const ciStep = (folder: string, { from, to, mode }: CiFile): Step => {
  const path = join(folder, to);
  return {
    path,
    run: async () => {
      await makeFolder(dirname(path));
      await writeFileAtomic(path, await readSmallFile(from), { exclusive: true, mode });
    },
  };
};
