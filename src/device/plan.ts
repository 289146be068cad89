import type { Manifest, ManifestComponent } from '../bundle/manifest.ts';
import { sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';
import type { Target } from '../repository/lookup.ts';
import type { DeviceFile, Installed } from './device-file.ts';

/** What one component of the release needs on this device. */
export type Step =
  | { readonly action: 'keep'; readonly component: ManifestComponent; readonly installed: Installed }
  | {
      readonly action: 'delta';
      readonly component: ManifestComponent;
      readonly installed: Installed;
      readonly target: Target;
    }
  | {
      readonly action: 'full';
      readonly component: ManifestComponent;
      readonly installed: Installed | undefined;
      readonly target: Target;
      readonly reason: FullReason;
    };

/** Why a component is downloaded in full. */
export type FullReason =
  | 'nothing-installed'
  | 'slot-damaged'
  | 'other-slot'
  | 'no-delta'
  /** The delta of that name leads from or to another image. */
  | 'other-images'
  /** The delta needs more than the manifest allows. */
  | 'too-much-memory';

/** The slot of a component: its own name where the manifest gives none. */
export const slotOf = (component: ManifestComponent): Name => component.slot?.name ?? component.name;

/** The components of a release that are for this hardware, in the order of installing. */
export const componentsFor = (manifest: Manifest, hardware: Name): readonly ManifestComponent[] =>
  manifest.components.filter((component) => component.hardware?.includes(hardware) ?? true);

/** Whether the image that is recorded of a slot is the component's, under whatever version: then there is nothing to install, only to record. */
export const isCurrent = (device: DeviceFile, component: ManifestComponent): boolean => {
  const installed = device.components.get(component.name);
  return (
    installed !== undefined &&
    installed.slot === slotOf(component) &&
    sameDigest(installed.image, component.image)
  );
};

/**
 * Refuses a release that is not for this device, before anything is written (attack rows 47 and 48).
 *
 * @throws OtaError `hardware-mismatch`, `slot-too-small`, `counter-rollback`
 */
export function checkRelease(device: DeviceFile, manifest: Manifest): void {
  if (manifest.product !== device.product) {
    throw new OtaError(
      'hardware-mismatch',
      `the release is for product ${manifest.product}, not ${device.product}`,
      {
        where: `${manifest.product} ${manifest.version}`,
      },
    );
  }
  if (!manifest.hardware.includes(device.hardware)) {
    throw new OtaError(
      'hardware-mismatch',
      `${manifest.product} ${manifest.version} is not for hardware ${device.hardware}, only for ${manifest.hardware.join(', ')}`,
      {
        where: `${manifest.product} ${manifest.version}`,
        hint: 'Nothing was written. Bundle a release that lists this hardware, or follow another channel.',
      },
    );
  }
  checkSlots(device, manifest);
  const faults = componentsFor(manifest, device.hardware).flatMap(({ name, counter }) => {
    const seen = device.components.get(name)?.counter;
    if (seen === undefined || counter >= seen) return [];
    return [{ where: name, message: `has counter ${counter}, this device has seen ${seen}` }];
  });
  if (faults.length === 0) return;
  throw new OtaError(
    'counter-rollback',
    `${manifest.product} ${manifest.version} would go below a security counter`,
    {
      faults,
      hint: 'Nothing was written. A release with counters at least as high must be published.',
    },
  );
}

/** @throws OtaError `slot-too-small` for images that do not fit into the slots as the device's maker made them */
function checkSlots({ slots, hardware }: DeviceFile, manifest: Manifest): void {
  const faults = componentsFor(manifest, hardware).flatMap((component) => {
    const slot = slotOf(component);
    const size = slots?.get(slot);
    if (size === undefined || component.image.length <= size) return [];
    return [
      {
        where: component.name,
        message: `has ${component.image.length} bytes, ${component.image.length - size} more than the slot ${slot} of this device`,
      },
    ];
  });
  if (faults.length === 0) return;
  throw new OtaError(
    'slot-too-small',
    `${manifest.product} ${manifest.version} does not fit into the slots of this device`,
    {
      faults,
      hint: 'Nothing was written. Publish a release with smaller images for this hardware, and say slot: in ota.yaml.',
    },
  );
}
