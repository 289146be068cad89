import { Hasher } from '../../core/digest.ts';
import { OtaError } from '../../core/errors.ts';
import { chunks } from '../../core/source.ts';
import { withFile } from '../../files/read.ts';
import { removeFile } from '../../files/remove.ts';
import { writeStreamAtomic } from '../../files/write.ts';
import { hashOf } from '../../repository/checks.ts';
import type { FoundTarget } from '../../repository/lookup.ts';
import type { TrustedRepository } from './repository.ts';

/**
 * Brings a target into a file. One that is there already is hashed and, where it is the target, not fetched again; else it
 * is replaced, whole or not at all.
 *
 * @param options.makeRoom remove what is not the target before fetching: the disk may not have room for both
 * @returns the bytes that were fetched, 0 where the file was the target already
 * @throws OtaError as `TrustedRepository.download`; `disk-full`, `output-failed`
 */
export async function fetchArtifact(
  repository: Pick<TrustedRepository, 'download'>,
  target: FoundTarget,
  file: string,
  options: { readonly makeRoom?: boolean } = {},
): Promise<number> {
  if (await holds(file, target)) return 0;
  if (options.makeRoom) await removeFile(file);
  await writeStreamAtomic(file, repository.download(target));
  return target.length;
}

async function holds(path: string, target: FoundTarget): Promise<boolean> {
  try {
    return await withFile(path, async (file) => {
      if (file.length !== target.length) return false;
      const hasher = new Hasher(hashOf(target));
      for await (const piece of chunks(file)) hasher.update(piece);
      return hasher.hex() === (target.sha256 ?? target.sha512);
    });
  } catch (error) {
    if (error instanceof OtaError && error.code === 'input-missing') return false;
    throw error;
  }
}
