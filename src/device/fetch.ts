import { join } from 'node:path';
import type { Manifest, ManifestComponent } from '../bundle/manifest.ts';
import { sameDigest } from '../core/digest.ts';
import { type Code, OtaError } from '../core/errors.ts';
import type { Progress } from '../core/progress.ts';
import { listFolder } from '../files/read.ts';
import { removeFile } from '../files/remove.ts';
import { makeFolder } from '../files/write.ts';
import { payloadPath } from '../repository/layout.ts';
import type { Target } from '../repository/lookup.ts';
import { fetchArtifact } from './client/artifact.ts';
import type { TrustedRepository } from './client/repository.ts';
import type { DeviceFolder } from './device.ts';
import type { ReleaseFiles } from './files.ts';
import type { Fetched } from './install.ts';
import type { Step } from './plan.ts';

/** Where the files of a release come from and go to. */
export interface Source {
  readonly repository: Pick<TrustedRepository, 'download'>;
  readonly files: ReleaseFiles;
  readonly folder: DeviceFolder;
  readonly progress: Progress;
}

export interface Download extends Fetched {
  readonly target: Target;
  /** Bytes downloaded for it in this update; 0 where an earlier one had left the file. */
  readonly bytes: number;
  /** Why a full payload is in the place of the delta that was planned. */
  readonly fellBack?: Code;
}

/** What is wrong with a delta alone: the full payload of the component may still be sound. */
const DELTA_FAULTS: ReadonlySet<Code> = new Set([
  'target-missing',
  'length-mismatch',
  'digest-mismatch',
  'delta-invalid',
  'delta-wrong-base',
  'media-incomplete',
] as const);

/** The code of a fault that the full payload is the remedy of. @throws any other error as it is */
function deltaFault(error: unknown): Code {
  if (error instanceof OtaError && DELTA_FAULTS.has(error.code)) return error.code;
  throw error;
}

/** The signed payload of a component. @throws OtaError `target-unlisted`, `digest-mismatch` */
export async function fullTarget(
  repository: TrustedRepository,
  { product, version }: Manifest,
  component: ManifestComponent,
): Promise<Target> {
  const full = await repository.get(payloadPath(product, version, component.name));
  if (sameDigest(full, component.payload)) return full;
  throw new OtaError('digest-mismatch', `${full.path} is not the payload that the manifest lists`, {
    where: full.path,
  });
}

/**
 * Brings every file that the steps need into the cache. What an update that failed left there is used again where it is
 * needed and sound, and else removed first, so that tries do not fill the disk.
 *
 * @param others the digest of a file that stays in the cache beside them
 * @throws OtaError as `TrustedRepository.download`; `disk-full`, `output-failed`
 */
export async function fetchAll(
  source: Source,
  steps: readonly Step[],
  others?: string,
): Promise<readonly Download[]> {
  const { cache } = source.folder;
  await makeFolder(cache);
  const needed = new Set(steps.flatMap((step) => (step.action === 'keep' ? [] : [step.target.sha256])));
  for (const name of await listFolder(cache)) {
    if (name !== others && !needed.has(name)) await removeFile(join(cache, name));
  }
  const downloads: Download[] = [];
  for (const step of steps) {
    if (step.action !== 'keep') downloads.push(await fetchStep(source, step));
  }
  return downloads;
}

async function fetchStep(source: Source, step: Exclude<Step, { action: 'keep' }>): Promise<Download> {
  const { component, action, target } = step;
  try {
    return { component, action, target, ...(await fetchTarget(source, component, target)) };
  } catch (error) {
    if (action === 'full') throw error;
    return fetchInstead(source, component, error);
  }
}

/**
 * The full payload of a component whose delta failed.
 *
 * @param failure what the delta failed with; it is thrown where the full payload is no remedy
 * @param failed the delta's file where it was downloaded, which is removed to make room
 * @throws OtaError as `ReleaseFiles.full` and `fetchAll`
 */
export async function fetchInstead(
  source: Source,
  component: ManifestComponent,
  failure: unknown,
  failed?: Download,
): Promise<Download> {
  const fellBack = deltaFault(failure);
  if (failed) await removeFile(failed.file);
  const target = await source.files.full(component).catch((error: unknown) => {
    // A medium need not have it, and then it is the delta whose fault is to be told.
    throw error instanceof OtaError && error.code === 'media-other-base' ? failure : error;
  });
  const { file, bytes } = await fetchTarget(source, component, target);
  return { component, action: 'full', target, file, bytes: bytes + (failed?.bytes ?? 0), fellBack };
}

async function fetchTarget(
  { repository, folder, progress }: Source,
  component: ManifestComponent,
  target: Target,
): Promise<{ readonly file: string; readonly bytes: number }> {
  const file = join(folder.cache, target.sha256);
  const bytes = await fetchArtifact(repository, target, file, { makeRoom: true });
  progress({ task: `downloaded ${component.name}`, done: target.length, total: target.length });
  return { file, bytes };
}
