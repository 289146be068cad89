import type { DeltaFormat } from '../core/delta-formats.ts';
import { type Digest, Hasher } from '../core/digest.ts';
import { type Progress, silent } from '../core/progress.ts';
import { type ByteSource, chunks } from '../core/source.ts';
import { readRange, withFile } from '../files/read.ts';
import { type FileHandle, type WriteOptions, writeAtomic } from '../files/write.ts';
import { type ApplyOptions, applyDelta } from './apply.ts';
import { applyAny } from './apply-any.ts';
import { DeltaCache } from './cache.ts';
import { type UnpackedParts, unpackedParts } from './contain/describe.ts';
import { createDelta, digestBoth } from './create.ts';
import { recogniseDelta } from './facts.ts';
import { type DeltaHeader, readDeltaHeader } from './format.ts';

/** What was made, and what it takes to apply it. */
export interface MadeDelta extends Pick<DeltaHeader, 'old' | 'new' | 'memory' | 'coder'> {
  /** Of the delta itself. */
  readonly delta: Digest;
  /** Whether it was taken from the cache. */
  readonly cached: boolean;
  /** What of the images is unpacked for it; absent where nothing is. */
  readonly unpacked?: UnpackedParts;
}

export interface CreateFileOptions extends Pick<WriteOptions, 'exclusive'> {
  /** Bytes that the device can spend on applying. */
  readonly memory?: number;
  /** Names of the codecs that devices have, `false` for none; all without it. */
  readonly unpack?: false | readonly string[];
  /** A folder of deltas that were made before: `DeltaCache`. */
  readonly cache?: string;
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
      writeAtomic(outPath, (file) => make(old, fresh, file, outPath, options), exclusively(options)),
    ),
  );

async function make(
  old: ByteSource,
  fresh: ByteSource,
  file: FileHandle,
  path: string,
  options: CreateFileOptions,
): Promise<MadeDelta> {
  const digests = await digestBoth(old, fresh, options.progress ?? silent);
  const key = { ...digests, memory: options.memory, unpack: options.unpack };
  const cache = options.cache === undefined ? undefined : new DeltaCache(options.cache);
  const kept = await cache?.take(key, old, (patch) => write(chunks(patch), file));
  const delta = kept ?? (await write(createDelta(old, fresh, { ...options, digests }), file));
  const patch: ByteSource = {
    length: delta.length,
    read: (offset, count) => readRange(file, path, delta.length, offset, count),
  };
  if (!kept) {
    await drain(applyDelta(old, patch, progressOf(options)));
    await cache?.keep(key, patch);
  }
  const header = await readDeltaHeader(patch);
  const { memory, coder } = header;
  const unpacked = await unpackedParts(patch, header);
  return {
    ...digests,
    delta,
    memory,
    coder,
    cached: kept !== undefined,
    ...(unpacked === undefined ? {} : { unpacked }),
  };
}

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
          const image = await write(applyAny(old, patch, options), file);
          return { format, ...image, checked: format === 'otad' };
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
