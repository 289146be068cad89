import type { Manifest, ManifestComponent } from '../bundle/manifest.ts';
import { payloadPath } from '../repository/layout.ts';
import type { Target } from '../repository/lookup.ts';
import type { TrustedRepository } from './client/repository.ts';
import type { DeviceFile, Installed, Updating } from './device-file.ts';
import { fullTarget } from './fetch.ts';
import type { FullReason } from './plan.ts';
import { deltasFor } from './steps.ts';

/** The files that lead a device to a release. */
export interface ReleaseFiles {
  /** The signed payload of a component. */
  full(component: ManifestComponent): Promise<Target>;
  /** The delta to take from what is installed, or why there is none. */
  delta(component: ManifestComponent, installed: Installed): Promise<Target | FullReason>;
}

/**
 * What the product's role lists. Its methods throw OtaError `target-unlisted`, `digest-mismatch`, `target-invalid`; as
 * `TrustedRepository.find`.
 */
export const listedFiles = (
  repository: TrustedRepository,
  device: Pick<DeviceFile, 'formats'>,
  manifest: Manifest,
): ReleaseFiles => ({
  full: (component) => fullTarget(repository, manifest, component),
  delta: (component, installed) => smallestDelta(repository, device, manifest, component, installed),
});

/**
 * What a device kept of a release that it has begun to install: the deltas that were listed then, and the payloads that the verified
 * manifest names. Nobody has to list them any more.
 */
export const keptFiles = ({ files }: Updating, { product, version }: Manifest): ReleaseFiles => ({
  full: async ({ name, payload: { length, sha256 } }) => ({
    path: payloadPath(product, version, name),
    role: product,
    length,
    sha256,
  }),
  delta: async ({ name }) => {
    const file = files.get(name);
    if (file?.action !== 'delta') return 'no-delta';
    return { path: file.path, role: product, length: file.length, sha256: file.sha256 };
  },
});

/** The smallest delta of the formats that the device reads. */
async function smallestDelta(
  repository: TrustedRepository,
  { formats }: Pick<DeviceFile, 'formats'>,
  manifest: Manifest,
  component: ManifestComponent,
  installed: Installed,
): Promise<Target | FullReason> {
  const { deltas, reason } = await deltasFor(repository, manifest, component, installed, formats);
  let best: Target | undefined;
  for (const { target } of deltas) if (!best || target.length < best.length) best = target;
  return best ?? reason;
}
