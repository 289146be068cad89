import { type Digest, sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { type Progress, silent } from '../core/progress.ts';
import type { ByteSource } from '../core/source.ts';
import { digestSource } from '../files/read.ts';
import type { PackedAgain } from './contain/packed-again.ts';
import { IMAGE_MAX } from './format.ts';
import type { TileSizes } from './match/match.ts';
import { smallest } from './smallest.ts';
import { checkMemory } from './write/plan.ts';

/** Counts up when the same images give another delta than before, so that kept ones are not taken for new ones. */
export const MAKER = 6;

export interface CreateOptions {
  /** Bytes that the device can spend on applying; without it windows are as large as they are of use. */
  readonly memory?: number;
  /** Whether references in machine code may be predicted; they are unless this is `false`. */
  readonly predict?: boolean;
  /** Names of the codecs by which packed parts of images may be unpacked, `false` for none; without it, all. */
  readonly unpack?: false | readonly string[];
  readonly progress?: Progress;
  /** The digests of both images, where the caller has just taken them. */
  readonly digests?: { readonly old: Digest; readonly new: Digest };
  /** Is told which packed streams of the new image came out the same when they were packed again. */
  readonly packedAgain?: PackedAgain;
  /** How much is in memory at a time while it is matched. */
  readonly sizes?: TileSizes;
}

/**
 * Makes a delta from the old image to the new one: docs/formats/delta.md. The same images and options give the same bytes.
 *
 * @throws OtaError `delta-too-large` where it cannot be applied in `memory` bytes, `input-changed` where a later reading of
 * an image is not the first
 */
export async function* createDelta(
  oldSource: ByteSource,
  newSource: ByteSource,
  options: CreateOptions = {},
): AsyncGenerator<Uint8Array> {
  const progress = options.progress ?? silent;
  if (Math.max(oldSource.length, newSource.length) > IMAGE_MAX) {
    throw new OtaError('delta-too-large', `an image is longer than ${IMAGE_MAX} bytes`);
  }
  checkMemory(options.memory);
  const digests = options.digests ?? (await digestBoth(oldSource, newSource, progress));
  yield* await smallest(oldSource, newSource, { ...options, progress, digests });
  await checkUnchanged({ old: oldSource, fresh: newSource, digests, progress });
}

/** The digests of an old image and a new one. */
export async function digestBoth(
  old: ByteSource,
  fresh: ByteSource,
  progress: Progress,
): Promise<{ readonly old: Digest; readonly new: Digest }> {
  return {
    old: await digestSource(old, 'hash old image', progress),
    new: await digestSource(fresh, 'hash new image', progress),
  };
}

/** Reads both images again. @throws OtaError `input-changed` where one is not what it was */
export async function checkUnchanged(made: {
  readonly old: ByteSource;
  readonly fresh: ByteSource;
  readonly digests: { readonly old: Digest; readonly new: Digest };
  readonly progress: Progress;
}): Promise<void> {
  const { old, fresh, digests, progress } = made;
  unchanged(digests.old, await digestSource(old, 'check old image', progress), 'old');
  unchanged(digests.new, await digestSource(fresh, 'check new image', progress), 'new');
}

function unchanged(first: Digest, second: Digest, which: string): void {
  if (sameDigest(first, second)) return;
  throw new OtaError('input-changed', `the ${which} image changed while the delta was made`, {
    hint: 'Let the build that writes it end first, then run the same command again.',
  });
}
