import { join } from 'node:path';
import { listFolder, readSmallFile } from '../../files/read.ts';
import type { SigningRequest } from '../../requests/model.ts';

export interface Anchor {
  readonly bytes: Uint8Array | undefined;
  /** Whose root it is, for a person. */
  readonly held: string;
  /** Whether it says anything about where the request comes from. */
  readonly trusted: boolean;
}

/**
 * The root that a request is shown from: the one that is named, else the first of the trust folder, else its own first one.
 *
 * @throws OtaError `input-missing` for a root that is named
 */
export async function anchorOf(
  { chain }: SigningRequest,
  root: string | undefined,
  folder: string,
): Promise<Anchor> {
  if (root !== undefined) return { bytes: await readSmallFile(root), held: `from ${root}`, trusted: true };
  const name = (await listFolder(folder)).find((item) => /^[1-9]\d*\.root\.json$/.test(item));
  if (name !== undefined) {
    const path = join(folder, name);
    return { bytes: await readSmallFile(path), held: `from ${path}`, trusted: true };
  }
  return {
    bytes: chain.roots[0],
    held: 'which is not checked: no root that you hold is here',
    trusted: false,
  };
}
