import { type Digest, Hasher } from '../core/digest.ts';
import type { Progress } from '../core/progress.ts';
import type { ByteSource } from '../core/source.ts';
import { readRange, withFile } from '../files/read.ts';
import { type WriteOptions, writeAtomic } from '../files/write.ts';
import { type ApplyOptions, applyDelta } from './apply.ts';
import { createDelta } from './create.ts';
import { type DeltaHeader, readDeltaHeader } from './format.ts';

/** What was made, and what it takes to apply it. */
export interface MadeDelta extends Pick<DeltaHeader, 'old' | 'new' | 'memory' | 'coder'> {
  /** Of the delta itself. */
  readonly delta: Digest;
}

export interface CreateFileOptions extends Pick<WriteOptions, 'exclusive'> {
  /** Bytes that the device can spend on applying. */
  readonly memory?: number;
  readonly progress?: Progress;
}

/**
 * Makes a delta between two files and applies it once, before it appears at `outPath`; nothing partial is left there.
 *
 * @throws OtaError as `createDelta`, `applyDelta`, `withFile` and `writeAtomic`
 */
export const createDeltaFile = (
  oldPath: string,
  newPath: string,
  outPath: string,
  options: CreateFileOptions = {},
): Promise<MadeDelta> =>
  withFile(oldPath, (old) =>
    withFile(newPath, (fresh) =>
      writeAtomic(
        outPath,
        async (file) => {
          const hasher = new Hasher();
          for await (const piece of createDelta(old, fresh, options)) {
            hasher.update(piece);
            await file.writeFile(piece);
          }
          const { length } = hasher;
          const patch: ByteSource = {
            length,
            read: (offset, count) => readRange(file, outPath, length, offset, count),
          };
          await drain(applyDelta(old, patch, progressOf(options)));
          const header = await readDeltaHeader(patch);
          const { memory, coder } = header;
          return { old: header.old, new: header.new, delta: hasher.digest(), memory, coder };
        },
        exclusively(options),
      ),
    ),
  );

export interface ApplyFileOptions extends Pick<WriteOptions, 'exclusive'>, ApplyOptions {}

/**
 * Makes the new image from the old one and a delta, at `outPath` only when it is whole and what the delta promises.
 *
 * @throws OtaError as `applyDelta`, `withFile` and `writeAtomic`
 */
export const applyDeltaFile = (
  oldPath: string,
  patchPath: string,
  outPath: string,
  options: ApplyFileOptions = {},
): Promise<Digest> =>
  withFile(oldPath, (old) =>
    withFile(patchPath, (patch) =>
      writeAtomic(
        outPath,
        async (file) => {
          for await (const piece of applyDelta(old, patch, options)) await file.writeFile(piece);
          return (await readDeltaHeader(patch)).new;
        },
        exclusively(options),
      ),
    ),
  );

const exclusively = ({ exclusive }: Pick<WriteOptions, 'exclusive'>): WriteOptions => ({
  ...(exclusive === undefined ? {} : { exclusive }),
});

const progressOf = ({ progress }: CreateFileOptions): ApplyOptions => ({
  ...(progress === undefined ? {} : { progress }),
});

async function drain(pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of pieces);
}
