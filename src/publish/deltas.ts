import { join } from 'node:path';
import type { ManifestComponent } from '../bundle/manifest.ts';
import { type DeltaFormat, isDeltaFormat } from '../core/delta-formats.ts';
import type { Digest } from '../core/digest.ts';
import type { Name, Version } from '../core/names.ts';
import { inParallel } from '../core/parallel.ts';
import { Board } from '../delta/choose/board.ts';
import { chooseDelta, type DeltaMaker, type Tried } from '../delta/choose/choose.ts';
import { madeHere } from '../delta/files.ts';
import type { TrustedRepository } from '../device/client/repository.ts';
import { writeFileAtomic } from '../files/write.ts';
import type { DeltaCustom } from '../repository/custom.ts';
import type { Targets } from '../repository/model.ts';
import { DeltaImages, type ImageOptions } from './delta-images.ts';
import { componentOf, type PublishedComponent, type PublishedRelease, releasesOf } from './releases.ts';

/** A delta worth trying: from the image of a published component to the one in the bundle. */
export interface DeltaJob {
  readonly component: ManifestComponent;
  readonly from: PublishedComponent;
  readonly fromRelease: Version;
}

/** What became of a job, and why. */
export interface DeltaOutcome {
  readonly component: Name;
  readonly fromRelease: Version;
  readonly payloadLength: number;
  /** Bytes that the device can spend on applying it; absent where there is no limit. */
  readonly memoryLimit?: number;
  /** Of the image, in bytes. */
  readonly imageLength: number;
  /** Of the smallest delta; absent where none could be made. */
  readonly format?: DeltaFormat;
  readonly length?: number;
  /** `killed`: what made it ended before it was made, and only the full payload ships. */
  readonly result: 'shipped' | 'not-smaller' | 'needs-memory' | 'killed';
  /** All that was tried; only where that is to be explained. */
  readonly tried?: readonly Tried[];
}

/** A delta that ships: its file and what its target says of it. */
export interface MadeDelta {
  readonly file: string;
  readonly digest: Digest;
  readonly custom: DeltaCustom;
}

/**
 * The deltas that the policy asks for: from the last `releases` releases to each component whose image changed and that
 * allows deltas; one for each different old image.
 */
export function deltaJobs(
  role: Targets | undefined,
  published: readonly PublishedRelease[],
  components: readonly ManifestComponent[],
  releases: number,
): readonly DeltaJob[] {
  if (!role) return [];
  return components
    .filter(({ delta }) => delta !== false)
    .flatMap((component) => {
      const bases = new Map<string, DeltaJob>();
      for (const release of published.slice(0, releases)) {
        const from = componentOf(role, release, component.name);
        if (!from || from.image.sha256 === component.image.sha256 || bases.has(from.image.sha256)) continue;
        bases.set(from.image.sha256, { component, from, fromRelease: release.version });
      }
      return [...bases.values()];
    });
}

export interface DeltaOptions extends Omit<ImageOptions, 'repository'> {
  readonly repository: TrustedRepository | undefined;
  readonly role: Targets | undefined;
  readonly deltasFrom: number;
  /** With what they are made; in this thread, and without a cache, where it is left out. */
  readonly maker?: DeltaMaker;
  /** Whether outcomes are to tell all that was tried. */
  readonly explain?: boolean;
}

/**
 * Makes the deltas that the policy asks for, side by side, and applies each before it counts: of the formats that a component's devices
 * read, the smallest. One that is not smaller than the payload, that the device has not the memory for, or whose making was killed is
 * left out.
 *
 * @throws OtaError what reading an old payload from the store throws
 */
export async function makeDeltas(
  options: DeltaOptions,
): Promise<{ readonly outcomes: readonly DeltaOutcome[]; readonly made: readonly MadeDelta[] }> {
  const { bundle, repository, role, deltasFrom, maker = madeHere() } = options;
  const jobs = repository ? deltaJobs(role, releasesOf(role), bundle.manifest.components, deltasFrom) : [];
  if (!repository || jobs.length === 0) return { outcomes: [], made: [] };
  const images = new DeltaImages({ ...options, repository });
  const tasks = jobs.reduce((sum, job) => sum + formatsOf(job).length, 0);
  const bytes = jobs.reduce((sum, job) => sum + formatsOf(job).length * job.component.image.length, 0);
  const board = new Board(options.progress, tasks === 1 ? 'make a delta' : `make ${tasks} deltas`, bytes);
  const context = { images, maker, board, scratch: options.scratch, explain: options.explain ?? false };
  const results: Result[] = [];
  await inParallel(jobs.entries(), maker.runner.jobs, async ([index, job]) => {
    results[index] = await makeDelta(job, context);
  });
  return {
    outcomes: results.map(({ outcome }) => outcome),
    made: results.flatMap((result) => (result.made ? [result.made] : [])),
  };
}

/** What this tool makes of the formats that the devices read. */
function formatsOf({ component: { delta } }: DeltaJob): readonly DeltaFormat[] {
  const formats = delta === false ? [] : (delta.formats ?? ['otad']);
  return formats.filter(isDeltaFormat);
}

interface Context {
  readonly images: DeltaImages;
  readonly maker: DeltaMaker;
  readonly board: Board;
  readonly scratch: string;
  readonly explain: boolean;
}

interface Result {
  readonly outcome: DeltaOutcome;
  readonly made?: MadeDelta;
}

async function makeDelta(job: DeltaJob, context: Context): Promise<Result> {
  const { component, from, fromRelease } = job;
  const { name, image, payload, delta } = component;
  const { memory, unpack } = delta || {};
  const { tried, best } = await context.images.with(from, component, (old, fresh) =>
    chooseDelta(
      {
        old,
        new: fresh,
        images: { old: from.image, new: image },
        formats: formatsOf(job),
        most: payload.length - 1,
        ...(memory === undefined ? {} : { memory }),
        ...(unpack === undefined ? {} : { unpack }),
      },
      context.maker,
      context.board,
    ),
  );
  const base = {
    component: name,
    fromRelease,
    payloadLength: payload.length,
    imageLength: image.length,
    ...(memory === undefined ? {} : { memoryLimit: memory }),
    ...(context.explain ? { tried } : {}),
  };
  if (!best) return { outcome: { ...base, ...leftOut(tried) } };
  const file = join(context.scratch, `${name}.from.${from.image.sha256}`);
  await writeFileAtomic(file, best.bytes);
  const { format, memory: takes } = best;
  return {
    outcome: { ...base, format, length: best.delta.length, result: 'shipped' },
    made: {
      file,
      digest: best.delta,
      custom: {
        component: name,
        version: component.version,
        delta: { format, memory: takes, base: from.image, image },
      },
    },
  };
}

/** Why none ships: the one that came closest to it tells. */
function leftOut(tried: readonly Tried[]): Pick<DeltaOutcome, 'format' | 'length' | 'result'> {
  const made = tried.filter(({ length }) => length !== undefined);
  const [closest] = made.sort((a, b) => (a.length ?? 0) - (b.length ?? 0));
  if (closest?.length !== undefined)
    return { result: 'not-smaller', format: closest.format, length: closest.length };
  return { result: tried.some(({ result }) => result === 'killed') ? 'killed' : 'needs-memory' };
}
