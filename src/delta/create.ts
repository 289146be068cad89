import { type Digest, Hasher, sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { type Progress, silent } from '../core/progress.ts';
import type { ByteSource } from '../core/source.ts';
import { digestSource } from '../files/read.ts';
import { encode } from './coder.ts';
import { encodeHeader, IMAGE_MAX } from './format.ts';
import { planCoder } from './memory.ts';
import { TILE_SIZES, type TileSizes, windows } from './tiles.ts';

export interface CreateOptions {
  /** Bytes that the device can spend on applying; without it up to about 6 MiB are used. */
  readonly memory?: number;
  readonly progress?: Progress;
  /** How much is in memory at a time while it is made. */
  readonly sizes?: TileSizes;
}

/**
 * Makes a delta from the old image to the new one: docs/formats/delta.md. Both are read twice; memory is bounded
 * whatever their size, and the same images and options give the same bytes.
 *
 * @throws OtaError `delta-too-large` where it cannot be applied in `memory` bytes, `input-changed` where the second
 * reading of an image is not the first
 */
export async function* createDelta(
  oldSource: ByteSource,
  newSource: ByteSource,
  options: CreateOptions = {},
): AsyncGenerator<Uint8Array> {
  const progress = options.progress ?? silent;
  const length = newSource.length;
  if (Math.max(oldSource.length, length) > IMAGE_MAX) {
    throw new OtaError('delta-too-large', `an image is longer than ${IMAGE_MAX} bytes`);
  }
  const plan = planCoder(options.memory, length);
  const old = await digestSource(oldSource, 'hash old image', progress);
  const fresh = await digestSource(newSource, 'hash new image', progress);
  yield encodeHeader(plan, old, fresh);
  const hasher = new Hasher();
  const raw = windows(oldSource, newSource, {
    limit: plan.limit,
    sizes: options.sizes ?? TILE_SIZES,
    read: (bytes) => hasher.update(bytes),
    done: (done) => progress({ task: 'match', done, total: length }),
  });
  yield* encode(raw, plan, length);
  unchanged(fresh, hasher.digest(), 'new');
  unchanged(old, await digestSource(oldSource, 'check old image', progress), 'old');
}

function unchanged(first: Digest, second: Digest, which: string): void {
  if (sameDigest(first, second)) return;
  throw new OtaError('input-changed', `the ${which} image changed while the delta was made`, {
    hint: 'Let the build that writes it end first, then run the same command again.',
  });
}
