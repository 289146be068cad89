import { join } from 'node:path';
import { OtaError } from '../core/errors.ts';
import { listFolder, readSmallFile } from '../files/read.ts';
import { writeFileAtomic } from '../files/write.ts';
import { parseRoot } from '../repository/parse-root.ts';
import { parseTargets } from '../repository/parse-targets.ts';
import type { Trust } from '../repository/trust.ts';

/**
 * Reads a trust folder: every root in it, in order of version, and the newest targets. Nothing of it is verified yet.
 *
 * @throws OtaError `input-missing` without a root or targets, and where a root is missing between two others
 */
export async function loadTrust(folder: string): Promise<Trust> {
  const names = await listFolder(folder);
  const roots = versionsOf(names, 'root');
  const first = roots[0] ?? 1;
  for (const [index, version] of roots.entries()) {
    if (version !== first + index) throw missing(join(folder, `${first + index}.root.json`));
  }
  return {
    roots: await readAll(roots.length === 0 ? [1] : roots, (version) => join(folder, `${version}.root.json`)),
    targetsBytes: await readSmallFile(
      join(folder, `${versionsOf(names, 'targets').at(-1) ?? 1}.targets.json`),
    ),
  };
}

/** Who signs as root, by any of the roots that are held. @throws OtaError `role-invalid` */
export const rootKeyidsOf = ({ roots }: Trust): ReadonlySet<string> =>
  new Set(roots.flatMap((bytes) => parseRoot(bytes, 'root.json').signed.roles.root.keyids));

/**
 * Brings a trust folder up to date: adds the roots and the targets that it lacks, roots first, so that it can be read at any
 * moment. What is there is never replaced.
 *
 * @returns the names of the files that are new
 * @throws OtaError `output-failed`, `disk-full`
 */
export async function saveTrust(folder: string, { roots, targetsBytes }: Trust): Promise<readonly string[]> {
  const files = [
    ...roots.map((bytes) => ({ name: `${parseRoot(bytes, 'root').signed.version}.root.json`, bytes })),
    {
      name: `${parseTargets(targetsBytes, 'targets').signed.version}.targets.json`,
      bytes: targetsBytes,
    },
  ];
  const there = await listFolder(folder);
  const added = files.filter(({ name }) => !there.includes(name));
  for (const { name, bytes } of added) await writeFileAtomic(join(folder, name), bytes, { exclusive: true });
  return added.map(({ name }) => name);
}

/** The versions of a role's files (`2.targets.json`) among names, ascending. */
export const versionsOf = (names: readonly string[], role: string): readonly number[] =>
  names
    .map((name) => /^([1-9]\d{0,14})\.(\w+)\.json$/.exec(name))
    .flatMap((match) => (match?.[2] === role ? [Number(match[1])] : []))
    .sort((a, b) => a - b);

const readAll = (versions: readonly number[], path: (version: number) => string): Promise<Uint8Array[]> =>
  Promise.all(versions.map((version) => readSmallFile(path(version))));

const missing = (path: string): OtaError =>
  new OtaError('input-missing', `${path} is not there, and later roots are`, {
    where: path,
    hint: 'Roots are followed one by one: get the missing one from the store (metadata/N.root.json) or a colleague.',
  });
