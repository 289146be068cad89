import { join } from 'node:path';
import { readImage } from '../bundle/image.ts';
import type { ManifestComponent } from '../bundle/manifest.ts';
import type { OpenBundle } from '../bundle/open.ts';
import type { Digest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import { createDeltaFile } from '../delta/files.ts';
import { DELTA_FORMAT } from '../delta/format.ts';
import type { TrustedRepository } from '../device/client/repository.ts';
import { withFile } from '../files/read.ts';
import { removeFile } from '../files/remove.ts';
import { writeStreamAtomic } from '../files/write.ts';
import type { DeltaCustom } from '../repository/custom.ts';
import type { Targets } from '../repository/model.ts';
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
  /** Bytes of the delta; absent where none could be made. */
  readonly length?: number;
  readonly result: 'shipped' | 'not-smaller' | 'needs-memory';
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

/** Makes the deltas that the policy asks for, one after the other. @throws OtaError as `makeDelta` */
export async function makeDeltas(options: {
  readonly bundle: OpenBundle;
  readonly repository: TrustedRepository | undefined;
  readonly role: Targets | undefined;
  readonly deltasFrom: number;
  readonly scratch: string;
  readonly progress: Progress;
}): Promise<{ readonly outcomes: readonly DeltaOutcome[]; readonly made: readonly MadeDelta[] }> {
  const { bundle, repository, role, deltasFrom } = options;
  const outcomes: DeltaOutcome[] = [];
  const made: MadeDelta[] = [];
  if (!repository) return { outcomes, made };
  for (const job of deltaJobs(role, releasesOf(role), bundle.manifest.components, deltasFrom)) {
    const result = await makeDelta({ ...options, repository, job });
    outcomes.push(result.outcome);
    if (result.made) made.push(result.made);
  }
  return { outcomes, made };
}

/**
 * Makes one delta and applies it before it counts. One that is not smaller than the payload, or that the device has not
 * the memory for, is left out.
 *
 * @throws OtaError what reading the old payload from the store throws
 */
export async function makeDelta(options: {
  readonly job: DeltaJob;
  readonly repository: TrustedRepository;
  readonly bundle: OpenBundle;
  readonly scratch: string;
  readonly progress: Progress;
}): Promise<{ readonly outcome: DeltaOutcome; readonly made?: MadeDelta }> {
  const { job, repository, bundle, scratch, progress } = options;
  const { component, from } = job;
  const base = {
    component: component.name,
    fromRelease: job.fromRelease,
    payloadLength: component.payload.length,
  };
  const oldImage = join(scratch, 'old');
  const newImage = join(scratch, 'new');
  const file = join(scratch, `${component.name}.from.${from.image.sha256}`);
  try {
    await publishedImage(repository, from, scratch, oldImage, progress);
    const payload = bundle.payload(component.name);
    await writeStreamAtomic(
      newImage,
      readImage(payload, {
        component: component.name,
        compression: component.payload.compression,
        image: component.image,
        progress,
      }),
    );
    const memory = component.delta === false ? undefined : component.delta.memory;
    const made = await createDeltaFile(oldImage, newImage, file, {
      progress,
      ...(memory === undefined ? {} : { memory }),
    });
    if (made.delta.length >= component.payload.length) {
      await removeFile(file);
      return { outcome: { ...base, length: made.delta.length, result: 'not-smaller' } };
    }
    const custom: DeltaCustom = {
      component: component.name,
      version: component.version,
      delta: { format: DELTA_FORMAT, memory: made.memory, base: from.image, image: component.image },
    };
    return {
      outcome: { ...base, length: made.delta.length, result: 'shipped' },
      made: { file, digest: made.delta, custom },
    };
  } catch (error) {
    if (!(error instanceof OtaError) || error.code !== 'delta-too-large') throw error;
    return { outcome: { ...base, result: 'needs-memory' } };
  } finally {
    await removeFile(oldImage);
    await removeFile(newImage);
  }
}

async function publishedImage(
  repository: TrustedRepository,
  from: PublishedComponent,
  scratch: string,
  image: string,
  progress: Progress,
): Promise<void> {
  const payload = join(scratch, 'old-payload');
  try {
    const target = await repository.get(from.path);
    await writeStreamAtomic(payload, repository.download(target));
    await withFile(payload, (file) =>
      writeStreamAtomic(
        image,
        readImage(file, { component: from.path, compression: from.compression, image: from.image, progress }),
      ),
    );
  } finally {
    await removeFile(payload);
  }
}
