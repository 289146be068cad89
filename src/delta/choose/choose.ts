import type { DeltaFormat } from '../../core/delta-formats.ts';
import { type Digest, seal } from '../../core/digest.ts';
import { OtaError } from '../../core/errors.ts';
import type { DeltaCache } from '../cache.ts';
import type { Board } from './board.ts';
import type { CpuShare } from './cpu-share.ts';
import type { TaskRunner } from './pool.ts';
import type { DeltaDone, DeltaTask } from './task.ts';

/** Two images, and what the devices that go from one to the other can do. */
export interface Pair extends Omit<DeltaTask, 'format' | 'kept'> {
  /** The formats that they read, at least one. */
  readonly formats: readonly DeltaFormat[];
}

/** What became of one format. */
export interface Tried {
  readonly format: DeltaFormat;
  readonly result: 'made' | 'not-smaller' | 'needs-memory' | 'killed';
  /** Of the delta, in bytes; absent where none was made. */
  readonly length?: number;
  /** Bytes that applying takes on a device. */
  readonly memory?: number;
  readonly coder?: string;
  /** Whether it was taken from the cache, and only applied. */
  readonly cached: boolean;
  /** Of making and applying. */
  readonly cpuSeconds: number;
}

export interface ChosenDelta extends NonNullable<DeltaDone['made']> {
  readonly format: DeltaFormat;
  /** Of the delta itself. */
  readonly delta: Digest;
  readonly cached: boolean;
}

export interface Choice {
  /** In the order of the formats. */
  readonly tried: readonly Tried[];
  /** The smallest; absent where none is of use. */
  readonly best?: ChosenDelta;
  /** Why the first format that was left out was, where that is an error. */
  readonly fault?: OtaError;
}

/** With what deltas are made. */
export interface DeltaMaker {
  readonly runner: TaskRunner;
  readonly cache?: DeltaCache;
  readonly cpu: CpuShare;
}

/**
 * Makes a delta in each format that the devices read, applies each, and takes the smallest; of equal ones the one that takes least
 * memory, then the first. The choice is the same however many are made at a time, and whether they were kept or made.
 *
 * @throws OtaError as `runTask`, but for `delta-too-large` and `delta-killed`, which `tried` tells
 */
export async function chooseDelta(pair: Pair, maker: DeltaMaker, board: Board): Promise<Choice> {
  const results = await Promise.all(pair.formats.map((format) => tryFormat(pair, format, maker, board)));
  const made = results.flatMap(({ delta }) => (delta ? [delta] : []));
  const [best] = made.sort((a, b) => a.delta.length - b.delta.length || a.memory - b.memory);
  const fault = results.find((result) => result.fault)?.fault;
  return {
    tried: results.map(({ tried }) => tried),
    ...(best === undefined ? {} : { best }),
    ...(fault === undefined ? {} : { fault }),
  };
}

interface Result {
  readonly tried: Tried;
  readonly delta?: ChosenDelta;
  readonly fault?: OtaError;
}

async function tryFormat(
  { formats: _, ...pair }: Pair,
  format: DeltaFormat,
  { runner, cache, cpu }: DeltaMaker,
  board: Board,
): Promise<Result> {
  const { report, end } = board.start(pair.images.new.length);
  const stop = cpu.start();
  try {
    const task: DeltaTask = { ...pair, format };
    const kept = await fromCache(task, runner, cache, report);
    const done = kept ?? (await runner.run(task, report));
    if (!kept && done.made) await cache?.keep(task, done.made.bytes);
    return resultOf(task, done, kept !== undefined, stop());
  } catch (error) {
    if (!(error instanceof OtaError)) throw error;
    const result = LEFT_OUT[error.code];
    if (!result) throw error;
    return { tried: { format, result, cached: false, cpuSeconds: stop() }, fault: error };
  } finally {
    stop();
    end();
  }
}

/** Why a format is left out, where that is no reason to fail. */
const LEFT_OUT: Readonly<Record<string, 'needs-memory' | 'killed'>> = {
  'delta-too-large': 'needs-memory',
  'delta-killed': 'killed',
};

/** A kept delta that makes the image as well; nothing that is in a cache is trusted. */
async function fromCache(
  task: DeltaTask,
  runner: TaskRunner,
  cache: DeltaCache | undefined,
  report: (fraction: number) => void,
): Promise<DeltaDone | undefined> {
  const kept = await cache?.take(task);
  if (!kept) return undefined;
  try {
    return await runner.run({ ...task, kept }, report);
  } catch (error) {
    if (!(error instanceof OtaError) || !UNUSABLE.has(error.code)) throw error;
    await cache?.forget(task);
    return undefined;
  }
}

/** What a kept delta may fail with; it is made anew then. */
const UNUSABLE = new Set(['delta-invalid', 'delta-too-large', 'delta-wrong-base', 'digest-mismatch']);

function resultOf(
  { format, most = Number.POSITIVE_INFINITY }: DeltaTask,
  { length, made }: DeltaDone,
  cached: boolean,
  cpuSeconds: number,
): Result {
  if (!made || length > most) return { tried: { format, result: 'not-smaller', length, cached, cpuSeconds } };
  const { memory, coder, bytes } = made;
  const { sha256 } = seal(bytes);
  return {
    tried: { format, result: 'made', length, memory, coder, cached, cpuSeconds },
    delta: { ...made, format, cached, delta: { sha256, length } },
  };
}
