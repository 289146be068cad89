import type { DeltaFormat } from '../core/delta-formats.ts';
import { type Digest, Hasher } from '../core/digest.ts';
import { withFile } from '../files/read.ts';
import { type FileHandle, type WriteOptions, writeAtomic } from '../files/write.ts';
import type { ApplyOptions } from './apply.ts';
import { applyAny } from './apply-any.ts';
import { recogniseDelta } from './facts.ts';

async function write(pieces: AsyncIterable<Uint8Array>, file: FileHandle): Promise<Digest> {
  const hasher = new Hasher();
  for await (const piece of pieces) {
    hasher.update(piece);
    await file.writeFile(piece);
  }
  return hasher.digest();
}

/** The image that was made. */
export interface AppliedDelta extends Digest {
  readonly format: DeltaFormat;
  /** Whether the delta says what it makes: other formats than our own do not. */
  readonly checked: boolean;
}

export interface ApplyFileOptions extends Pick<WriteOptions, 'exclusive'>, ApplyOptions {}

/**
 * Makes the new image from the old one and a delta of any format, at `outPath` only when it is whole and what the delta promises, where
 * it does.
 *
 * @throws OtaError as `applyAny`, `withFile` and `writeAtomic`
 */
export const applyDeltaFile = (
  oldPath: string,
  patchPath: string,
  outPath: string,
  options: ApplyFileOptions = {},
): Promise<AppliedDelta> =>
  withFile(oldPath, (old) =>
    withFile(patchPath, (patch) =>
      writeAtomic(
        outPath,
        async (file) => {
          const format = await recogniseDelta(patch);
          const image = await write(applyAny(old, patch, { ...options, reuse: true }), file);
          return { format, ...image, checked: format === 'otad' };
        },
        options.exclusive === undefined ? {} : { exclusive: options.exclusive },
      ),
    ),
  );
