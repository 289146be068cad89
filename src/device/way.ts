import type { Manifest } from '../bundle/manifest.ts';
import { parseManifest } from '../bundle/parse-manifest.ts';
import { obstacleText } from '../bundle/transition/explain.ts';
import { type Obstacle, type OrderedRelease, obstacle } from '../bundle/transition/obstacle.ts';
import { sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Version } from '../core/names.ts';
import type { Channel, ChannelRelease } from '../repository/channel.ts';
import { readContent } from '../repository/content.ts';
import { manifestPath } from '../repository/layout.ts';
import type { TrustedRepository } from './client/repository.ts';
import type { DeviceFile } from './device-file.ts';

/** The release that a device installs next. */
export interface Next {
  readonly manifest: Manifest;
  /** The release that it is on the way to, where that is another. */
  readonly toward?: Version;
}

/**
 * What a device installs on its way to a release: that one, where every state works that it would pass through from what stands in its
 * slots. Else the last of those that the channel has devices pass through that it can install, after the one that it has; or the
 * release that it has begun to install.
 *
 * @throws OtaError `update-unsafe` where there is none; as `TrustedRepository.read`
 */
export async function nextRelease(
  repository: TrustedRepository,
  device: DeviceFile,
  channel: Channel,
  manifest: Manifest,
): Promise<Next> {
  const stuck = obstacleTo(device, manifest);
  if (!stuck) return { manifest };
  const through = channel.through ?? [];
  const passed = through.findIndex(({ version }) => version === device.release) + 1;
  for (const stop of through.slice(passed).toReversed()) {
    const found = await manifestOf(repository, device, stop);
    if (found && !obstacleTo(device, found)) return { manifest: found, toward: manifest.version };
  }
  if (device.updating !== undefined && device.updating !== manifest.version) {
    const begun = await manifestOf(repository, device, { version: device.updating });
    if (begun && !obstacleTo(device, begun)) return { manifest: begun, toward: manifest.version };
  }
  throw new OtaError(
    'update-unsafe',
    `${manifest.product} ${manifest.version} cannot be installed over what this device has: ${obstacleText(stuck)}`,
    {
      where: `${manifest.product} ${manifest.version}`,
      hint: 'Nothing was written. A release must be published that leads there from what this device has.',
    },
  );
}

/** What keeps a device from a release; a new device, in which nothing runs yet, is kept from none by the states in between. */
function obstacleTo(device: DeviceFile, manifest: Manifest): Obstacle | undefined {
  const { hardware, components } = device;
  if (components.size === 0) return undefined;
  const parts: OrderedRelease = {
    hardware: [hardware],
    fixed: [],
    components: [...components].map(([name, installed]) => ({ name, ...installed })),
  };
  return obstacle({ label: 'this device', parts }, manifest, hardware);
}

/** A manifest that the product's role lists; `undefined` where it lists none, or another than the channel names. */
async function manifestOf(
  repository: TrustedRepository,
  { product }: DeviceFile,
  { version, manifest }: Pick<ChannelRelease, 'version'> & Partial<ChannelRelease>,
): Promise<Manifest | undefined> {
  const path = manifestPath(product, version);
  const target = await repository.find(path);
  if (!target || (manifest && !sameDigest(target, manifest))) return undefined;
  const bytes = await repository.read(target);
  return readContent(path, () => parseManifest(bytes, path));
}
