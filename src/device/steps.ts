import type { Manifest, ManifestComponent } from '../bundle/manifest.ts';
import { sameDigest } from '../core/digest.ts';
import { DELTA_FORMAT } from '../delta/format.ts';
import { readContent } from '../repository/content.ts';
import { parseDeltaCustom } from '../repository/custom.ts';
import { deltaPath } from '../repository/layout.ts';
import type { TrustedRepository } from './client/repository.ts';
import type { DeviceFile, Installed } from './device-file.ts';
import { fullTarget } from './fetch.ts';
import { componentsFor, type FullReason, isCurrent, type Step, slotOf } from './plan.ts';

export interface StepsOptions {
  readonly repository: TrustedRepository;
  readonly device: DeviceFile;
  readonly manifest: Manifest;
  /** Whether the slot of an installed component really holds its image. */
  readonly holds: (installed: Installed) => Promise<boolean>;
}

/**
 * What each component of a release needs on a device, in the order of installing: nothing, a delta from the image that it has,
 * or the full payload.
 *
 * @throws OtaError `target-missing`, `digest-mismatch`, `target-invalid`; as `TrustedRepository.find`
 */
export async function planSteps(options: StepsOptions): Promise<readonly Step[]> {
  const steps: Step[] = [];
  for (const component of componentsFor(options.manifest, options.device.hardware)) {
    steps.push(await planStep(options, component));
  }
  return steps;
}

async function planStep(options: StepsOptions, component: ManifestComponent): Promise<Step> {
  const { repository, device, manifest, holds } = options;
  const installed = device.components.get(component.name);
  const full = async (reason: FullReason): Promise<Step> => {
    const target = await fullTarget(repository, manifest, component);
    return { action: 'full', component, installed, target, reason };
  };
  if (!installed) return full('nothing-installed');
  if (!(await holds(installed))) return full('slot-damaged');
  if (isCurrent(device, component)) return { action: 'keep', component, installed };
  if (installed.slot !== slotOf(component)) return full('other-slot');
  const path = deltaPath(
    manifest.product,
    manifest.version,
    component.name,
    installed.image.sha256,
    DELTA_FORMAT,
  );
  const target = await repository.find(path);
  if (!target) return full('no-delta');
  const delta = readContent(path, () => parseDeltaCustom(target.custom, path));
  const { base, image, memory } = delta.delta;
  if (!sameDigest(base, installed.image) || !sameDigest(image, component.image)) return full('other-images');
  const limit = component.delta === false ? undefined : component.delta.memory;
  if (limit !== undefined && memory > limit) return full('too-much-memory');
  return { action: 'delta', component, installed, target, delta };
}
