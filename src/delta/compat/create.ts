import type { DeltaFormat } from '../../core/delta-formats.ts';
import { OtaError } from '../../core/errors.ts';
import { silent } from '../../core/progress.ts';
import type { ByteSource } from '../../core/source.ts';
import { type CreateOptions, checkUnchanged, createDelta, digestBoth } from '../create.ts';
import { IMAGE_MAX } from '../format.ts';
import { match } from '../match/match.ts';
import type { Matched } from '../write/delta.ts';
import { bsdiffMemory } from './bsdiff-header.ts';
import { writeBsdiff } from './bsdiff-write.ts';
import { writeVcdiff } from './vcdiff/write.ts';

export type CompatFormat = Exclude<DeltaFormat, 'otad'>;

/**
 * Makes a delta in a format that others specified. The same images and options give the same bytes.
 *
 * @throws OtaError `delta-too-large` where it cannot be applied in `memory` bytes, `input-changed` where a later reading of
 * an image is not the first
 */
export async function* createCompat(
  format: CompatFormat,
  old: ByteSource,
  fresh: ByteSource,
  options: CreateOptions = {},
): AsyncGenerator<Uint8Array> {
  const { progress = silent, memory, sizes } = options;
  const total = fresh.length;
  checkFits(format, old, fresh, memory);
  const digests = options.digests ?? (await digestBoth(old, fresh, progress));
  const steps = await match(old, fresh, {
    ...(sizes === undefined ? {} : { sizes }),
    done: (done) => progress({ task: 'match', done, total }),
  });
  const matched: Matched = { old, fresh, steps };
  const done = (bytes: number) => progress({ task: 'encode', done: bytes, total });
  yield* format === 'bsdiff40' ? writeBsdiff(matched, done) : writeVcdiff(matched, { memory, done });
  await checkUnchanged({ old, fresh, digests, progress });
}

function checkFits(
  format: CompatFormat,
  old: ByteSource,
  fresh: ByteSource,
  memory: number | undefined,
): void {
  if (Math.max(old.length, fresh.length) > IMAGE_MAX) {
    throw new OtaError('delta-too-large', `an image is longer than ${IMAGE_MAX} bytes`);
  }
  if (format !== 'bsdiff40' || memory === undefined) return;
  const takes = bsdiffMemory(old.length, fresh.length);
  if (takes <= memory) return;
  throw new OtaError(
    'delta-too-large',
    `bspatch takes ${takes} bytes for these images, there are ${memory}`,
    {
      hint: 'Allow more memory, or leave bsdiff40 out of the formats.',
    },
  );
}

/** Makes a delta in any format. @throws OtaError as `createDelta` */
export const createIn = (
  format: DeltaFormat,
  old: ByteSource,
  fresh: ByteSource,
  options: CreateOptions,
): AsyncIterable<Uint8Array> =>
  format === 'otad' ? createDelta(old, fresh, options) : createCompat(format, old, fresh, options);
