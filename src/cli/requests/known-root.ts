import { join } from 'node:path';
import { equalBytes } from '../../core/bytes.ts';
import { OtaError } from '../../core/errors.ts';
import { canonicalJson } from '../../core/json/canonical.ts';
import { readSmallFile, readSmallFileIfPresent } from '../../files/read.ts';
import { writeFileAtomic } from '../../files/write.ts';
import { parseRoot } from '../../repository/parse-root.ts';

const NAME = 'trusted-root.json';

/** Where the root that a signer trusts is remembered: beside the key; in this folder for a key that is no file. */
export const knownRootPath = (keyFolder = '.'): string => join(keyFolder, NAME);

export interface KnownRoot {
  readonly bytes: Uint8Array | undefined;
  /** Whose word it is, for a person. */
  readonly held: string;
}

/**
 * The root to follow a request from: the one that was remembered, else the one that is named.
 *
 * @param named by a person, at the first time
 * @throws OtaError `root-differs` when another one is remembered; `input-missing`, `role-invalid`
 */
export async function knownRoot(path: string, named: string | undefined): Promise<KnownRoot> {
  const remembered = await readSmallFileIfPresent(path);
  if (named === undefined) return { bytes: remembered, held: `remembered in ${path}:` };
  const given = await readSmallFile(named);
  const root = parseRoot(given, named);
  if (remembered === undefined) {
    return { bytes: given, held: `from ${named} for the first time: compare it with what you were given` };
  }
  const known = parseRoot(remembered, path);
  if (equalBytes(canonicalJson(root.document), canonicalJson(known.document))) {
    return { bytes: remembered, held: `remembered in ${path}:` };
  }
  throw new OtaError(
    'root-differs',
    `${named} is root ${root.signed.version} with the fingerprint ${root.sealed.sha256}, and the root that was ` +
      `remembered here is root ${known.signed.version} with the fingerprint ${known.sealed.sha256}`,
    {
      where: path,
      hint: `Leave out --root to follow the remembered one. Only if you set up this machine anew for another repository, remove ${path} yourself.`,
    },
  );
}

/** Remembers the root that a request followed, where it is later than the one before. @throws OtaError `output-failed` */
export async function rememberRoot(path: string, root: Uint8Array | undefined): Promise<boolean> {
  if (root === undefined) return false;
  const before = await readSmallFileIfPresent(path);
  const version = (bytes: Uint8Array) => parseRoot(bytes, path).signed.version;
  if (before !== undefined && version(before) >= version(root)) return false;
  await writeFileAtomic(path, root);
  return true;
}
