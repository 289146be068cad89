import { concatBytes } from '../../core/bytes.ts';
import type { DeltaFormat } from '../../core/delta-formats.ts';
import type { Digest } from '../../core/digest.ts';
import type { Progress } from '../../core/progress.ts';
import { type ByteSource, memorySource } from '../../core/source.ts';
import { withFile } from '../../files/read.ts';
import { applyAny } from '../apply-any.ts';
import { createIn } from '../compat/create.ts';
import { type UnpackedParts, unpackedParts } from '../contain/describe.ts';
import { PackedAgain } from '../contain/packed-again.ts';
import type { CreateOptions } from '../create.ts';
import { readFacts } from '../facts.ts';
import { readDeltaHeader } from '../format.ts';
import { fractionOf } from './fraction.ts';

/** One delta to be made, or one that was kept to be tried: all of it can be sent to another thread. */
export interface DeltaTask {
  /** Paths of the images, whose digests were just taken. */
  readonly old: string;
  readonly new: string;
  readonly images: { readonly old: Digest; readonly new: Digest };
  readonly format: DeltaFormat;
  /** Bytes that the device can spend on applying. */
  readonly memory?: number;
  /** Names of the codecs that the device has, `false` for none; all without it. */
  readonly unpack?: false | readonly string[];
  /** A longer delta is of no use: nothing of it is kept. */
  readonly most?: number;
  /** A delta that was made before: it is applied, and nothing is made. */
  readonly kept?: Uint8Array;
}

/** A delta that was applied once and made the new image; without `bytes`, one longer than was of use. */
export interface DeltaDone {
  readonly length: number;
  readonly made?: {
    readonly bytes: Uint8Array;
    /** Bytes that applying takes on a device. */
    readonly memory: number;
    readonly coder: string;
    readonly unpacked?: UnpackedParts;
  };
}

/** Is told how much of a task is done, from 0 to 1. */
export type Report = (fraction: number) => void;

/**
 * Makes a delta and applies it. The same task gives the same bytes, wherever it runs.
 *
 * @throws OtaError `delta-too-large` where it cannot be applied in `memory` bytes; as `createDelta` and `withFile`; of a kept one as
 *   `applyAny`
 */
export const runTask = (task: DeltaTask, report: Report): Promise<DeltaDone> =>
  withFile(task.old, (old) => withFile(task.new, (fresh) => run(task, old, fresh, fractionOf(report))));

async function run(
  task: DeltaTask,
  old: ByteSource,
  fresh: ByteSource,
  progress: Progress,
): Promise<DeltaDone> {
  const packedAgain = new PackedAgain(fresh);
  const { length, bytes } = task.kept
    ? { length: task.kept.length, bytes: task.kept }
    : await make(task, old, fresh, { progress, packedAgain });
  if (!bytes) return { length };
  const patch = memorySource(bytes);
  const { format, images, memory } = task;
  const limit = memory === undefined ? {} : { maxMemory: memory };
  for await (const _ of applyAny(old, patch, {
    format,
    images,
    oldVerified: true,
    reuse: true,
    progress,
    packedAgain,
    ...limit,
  }));
  const facts = await readFacts(format, patch, old.length);
  const unpacked = format === 'otad' ? await unpackedParts(patch, await readDeltaHeader(patch)) : undefined;
  const { memory: takes, coder } = facts;
  return { length, made: { bytes, memory: takes, coder, ...(unpacked === undefined ? {} : { unpacked }) } };
}

async function make(
  { format, images, memory, unpack, most = Number.POSITIVE_INFINITY }: DeltaTask,
  old: ByteSource,
  fresh: ByteSource,
  options: Pick<CreateOptions, 'progress' | 'packedAgain'>,
): Promise<{ readonly length: number; readonly bytes?: Uint8Array }> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const made = createIn(format, old, fresh, {
    digests: images,
    ...options,
    ...(memory === undefined ? {} : { memory }),
    ...(unpack === undefined ? {} : { unpack }),
  });
  for await (const piece of made) {
    length += piece.length;
    if (length > most) pieces.length = 0;
    else pieces.push(piece);
  }
  return length > most ? { length } : { length, bytes: concatBytes(...pieces) };
}
