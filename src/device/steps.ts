import type { Manifest, ManifestComponent } from '../bundle/manifest.ts';
import { DELTA_FORMATS, type DeltaFormat } from '../core/delta-formats.ts';
import { sameDigest } from '../core/digest.ts';
import { type Fault, OtaError } from '../core/errors.ts';
import { readContent } from '../repository/content.ts';
import { type DeltaCustom, parseDeltaCustom } from '../repository/custom.ts';
import { deltaPath } from '../repository/layout.ts';
import type { Target } from '../repository/lookup.ts';
import type { TrustedRepository } from './client/repository.ts';
import type { DeviceFile, Installed } from './device-file.ts';
import type { ReleaseFiles } from './files.ts';
import { componentsFor, type FullReason, isCurrent, type Step, slotOf } from './plan.ts';

export interface StepsOptions {
  readonly files: ReleaseFiles;
  readonly device: DeviceFile;
  readonly manifest: Manifest;
  /** Whether the slot of an installed component really holds its image. */
  readonly holds: (installed: Installed) => Promise<boolean>;
}

/**
 * What each component of a release needs on a device, in the order of installing: nothing where its slot holds the image already,
 * a delta from the image that it has, or the full payload.
 *
 * @throws OtaError `media-other-base` naming every component that lacks files; as the methods of `ReleaseFiles`
 */
export async function planSteps(options: StepsOptions): Promise<readonly Step[]> {
  const { manifest, device } = options;
  const steps: Step[] = [];
  const lacking: Fault[] = [];
  for (const component of componentsFor(manifest, device.hardware)) {
    try {
      steps.push(await planStep(options, component));
    } catch (error) {
      if (!(error instanceof OtaError) || error.code !== 'media-other-base') throw error;
      lacking.push({ where: component.name, message: error.message });
    }
  }
  if (lacking.length > 0) throw otherBase(manifest, device, lacking);
  return steps;
}

async function planStep({ files, device, holds }: StepsOptions, component: ManifestComponent): Promise<Step> {
  const installed = device.components.get(component.name);
  const full = async (reason: FullReason): Promise<Step> => {
    const target = await files.full(component).catch((error: unknown) => {
      throw error instanceof OtaError && error.code === 'media-other-base'
        ? lacks(component, reason, error)
        : error;
    });
    return { action: 'full', component, installed, target, reason };
  };
  if (!installed) return full('nothing-installed');
  if (!(await holds(installed))) return full('slot-damaged');
  if (isCurrent(device, component)) return { action: 'keep', component, installed };
  if (installed.slot !== slotOf(component)) return full('other-slot');
  const target = await files.delta(component, installed);
  return typeof target === 'string' ? full(target) : { action: 'delta', component, installed, target };
}

/** Why the full payload, which is not on the medium, would be needed. */
const LACKS: Readonly<Record<FullReason, string>> = {
  'nothing-installed': 'is not installed yet',
  'slot-damaged': 'its slot does not hold what was installed',
  'other-slot': 'moves to another slot',
  'no-delta': 'the medium has no delta from what is installed',
  'other-images': 'the delta on the medium starts from another image',
  'too-much-memory': 'the delta on the medium takes more memory than the component has',
};

const lacks = (component: ManifestComponent, reason: FullReason, cause: OtaError): OtaError =>
  new OtaError('media-other-base', LACKS[reason], { where: component.name, cause });

const otherBase = (
  { product, version }: Manifest,
  { release }: DeviceFile,
  faults: readonly Fault[],
): OtaError =>
  new OtaError(
    'media-other-base',
    release === undefined
      ? `the medium leads devices that have a release already to ${product} ${version}, and this one has nothing installed`
      : `the medium leads devices with other releases to ${product} ${version}, and this one has ${release}`,
    {
      faults,
      hint: 'Nothing was changed. Get a medium that was made for what this device has, or one with full payloads.',
    },
  );

/**
 * Every delta that leads from an installed image to a component of a release, in the order of the formats. Each is found by its name: with
 * no list to fetch.
 *
 * @returns with the reason why a device that reads none of them downloads all
 * @throws OtaError `target-invalid`; as `TrustedRepository.find`
 */
export async function deltasFor(
  repository: TrustedRepository,
  { product, version }: Manifest,
  component: ManifestComponent,
  installed: Installed,
  formats: readonly DeltaFormat[] = DELTA_FORMATS,
): Promise<{ readonly deltas: readonly FoundDelta[]; readonly reason: FullReason }> {
  const deltas: FoundDelta[] = [];
  let reason: FullReason = 'no-delta';
  for (const format of formats) {
    const path = deltaPath(product, version, component.name, installed.image.sha256, format);
    const target = await repository.find(path);
    if (!target) continue;
    const delta = readContent(path, () => parseDeltaCustom(target.custom, path));
    const fault = unfit(delta, component, installed, format);
    if (fault) reason = fault;
    else deltas.push({ target, delta });
  }
  return { deltas, reason };
}

interface FoundDelta {
  readonly target: Target;
  readonly delta: DeltaCustom;
}

function unfit(
  { delta }: DeltaCustom,
  component: ManifestComponent,
  installed: Installed,
  format: DeltaFormat,
): FullReason | undefined {
  const right =
    delta.format === format &&
    sameDigest(delta.base, installed.image) &&
    sameDigest(delta.image, component.image);
  if (!right) return 'other-images';
  const limit = component.delta === false ? undefined : component.delta.memory;
  return limit !== undefined && delta.memory > limit ? 'too-much-memory' : undefined;
}
