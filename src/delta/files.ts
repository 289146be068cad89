import type { DeltaFormat } from '../core/delta-formats.ts';
import type { Digest } from '../core/digest.ts';
import { type Progress, silent } from '../core/progress.ts';
import { withFile } from '../files/read.ts';
import { type WriteOptions, writeFileAtomic } from '../files/write.ts';
import { Board } from './choose/board.ts';
import { type ChosenDelta, chooseDelta, type DeltaMaker, type Tried } from './choose/choose.ts';
import { CpuShare } from './choose/cpu-share.ts';
import { inThisThread } from './choose/pool.ts';
import { digestBoth } from './create.ts';

/** What was made, and what it takes to apply it. */
export interface MadeDelta extends Omit<ChosenDelta, 'bytes'> {
  readonly old: Digest;
  readonly new: Digest;
  readonly path: string;
  readonly tried: readonly Tried[];
}

export interface CreateFileOptions extends Pick<WriteOptions, 'exclusive'> {
  /** The formats to try, at least one; our own without it. */
  readonly formats?: readonly DeltaFormat[];
  /** Bytes that the device can spend on applying. */
  readonly memory?: number;
  /** Names of the codecs that devices have, `false` for none; all without it. */
  readonly unpack?: false | readonly string[];
  /** With what deltas are made; in this thread, and without a cache, where it is left out. */
  readonly maker?: DeltaMaker;
  readonly progress?: Progress;
}

/**
 * Makes a delta between two files in each format, applies each once, and writes the smallest; nothing partial is left.
 *
 * @param outPath where it goes, by its format
 * @throws OtaError as `chooseDelta`, `withFile` and `writeFileAtomic`; `delta-too-large`, `delta-killed` where there is none
 */
export async function createDeltaFile(
  oldPath: string,
  newPath: string,
  outPath: string | ((format: DeltaFormat) => string),
  options: CreateFileOptions = {},
): Promise<MadeDelta> {
  const { formats = ['otad'], memory, unpack, progress = silent, maker = madeHere() } = options;
  const images = await withFile(oldPath, (old) =>
    withFile(newPath, (fresh) => digestBoth(old, fresh, progress)),
  );
  const task = formats.length === 1 ? 'make the delta' : `make ${formats.length} deltas`;
  const { best, fault, tried } = await chooseDelta(
    {
      old: oldPath,
      new: newPath,
      images,
      formats,
      ...(memory === undefined ? {} : { memory }),
      ...(unpack === undefined ? {} : { unpack }),
    },
    maker,
    new Board(progress, task, formats.length * images.new.length),
  );
  if (!best) throw fault ?? new TypeError('no format was tried');
  const { bytes, ...made } = best;
  const path = typeof outPath === 'string' ? outPath : outPath(best.format);
  await writeFileAtomic(path, bytes, exclusively(options));
  return { ...images, ...made, path, tried };
}

/** What makes deltas in this thread, without a cache. */
export const madeHere = (): DeltaMaker => ({ runner: inThisThread, cpu: new CpuShare() });

const exclusively = ({ exclusive }: Pick<WriteOptions, 'exclusive'>): WriteOptions => ({
  ...(exclusive === undefined ? {} : { exclusive }),
});
