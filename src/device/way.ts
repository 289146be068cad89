import type { Manifest } from '../bundle/manifest.ts';
import { parseManifest } from '../bundle/parse-manifest.ts';
import { obstacleText } from '../bundle/transition/explain.ts';
import { type Obstacle, type OrderedRelease, obstacle } from '../bundle/transition/obstacle.ts';
import { sameDigest, seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Version } from '../core/names.ts';
import type { Channel, ChannelRelease } from '../repository/channel.ts';
import { readContent } from '../repository/content.ts';
import { parseManifestCustom } from '../repository/custom.ts';
import { manifestPath } from '../repository/layout.ts';
import type { VerifiedManifest } from './begun.ts';
import type { TrustedRepository } from './client/repository.ts';
import type { DeviceFile } from './device-file.ts';
import { checkRelease } from './plan.ts';

/** The release that a device installs next. */
export interface Next extends VerifiedManifest {
  /** The release that it is on the way to, where that is another. */
  readonly toward?: Version;
  /** Nobody lists it any more: it is what the device kept of a release that it has begun. */
  readonly kept?: true;
}

/** What a device kept of the release that it has begun to install. */
export type Kept = () => Promise<VerifiedManifest | undefined>;

/**
 * What a device installs on its way to a release: that one, where it is for this device and every state works that it would pass through
 * from what stands in its slots. Else the last of those that the channel has devices pass through that it can install, after the one
 * that it has; or the release that it has begun to install, also where that is no longer listed.
 *
 * @throws OtaError `update-unsafe` where there is none; as `checkRelease` and `TrustedRepository.read`
 */
export async function nextRelease(
  repository: TrustedRepository,
  device: DeviceFile,
  channel: Channel,
  head: VerifiedManifest,
  kept?: Kept,
): Promise<Next> {
  const { manifest } = head;
  const refusal = refusalOf(device, manifest);
  if (!refusal) return head;
  const toward = manifest.version;
  if (refusal.code === 'update-unsafe') {
    const through = channel.through ?? [];
    const passed = through.findIndex(({ version }) => version === device.release) + 1;
    for (const stop of through.slice(passed).toReversed()) {
      const found = await manifestOf(repository, device, stop);
      if (found && !refusalOf(device, found.manifest)) return { ...found, toward };
    }
  }
  const begun =
    device.updating?.version === toward ? undefined : await begunRelease(repository, device, kept);
  if (begun) return { ...begun, toward };
  throw refusal;
}

/**
 * The release that a device has begun to install: parts of it and of another make none. `undefined` where it has begun none, or cannot
 * go on.
 */
export async function begunRelease(
  repository: TrustedRepository,
  device: DeviceFile,
  kept: Kept | undefined,
): Promise<Next | undefined> {
  if (!device.updating) return undefined;
  const listed = await manifestOf(repository, device, device.updating);
  if (listed) return refusalOf(device, listed.manifest) ? undefined : listed;
  const begun = await kept?.();
  return begun && !refusalOf(device, begun.manifest) ? { ...begun, kept: true } : undefined;
}

/** Why a device does not install a release over what it has. */
function refusalOf(device: DeviceFile, manifest: Manifest): OtaError | undefined {
  try {
    checkRelease(device, manifest);
  } catch (error) {
    if (error instanceof OtaError) return error;
    throw error;
  }
  const stuck = obstacleTo(device, manifest);
  if (!stuck) return undefined;
  return new OtaError(
    'update-unsafe',
    `${manifest.product} ${manifest.version} cannot be installed over what this device has: ${obstacleText(stuck)}`,
    {
      where: `${manifest.product} ${manifest.version}`,
      hint: 'Nothing was written. A release must be published that leads there from what this device has.',
    },
  );
}

/** What keeps a device from a release; a new device, which has never had all of one, is kept from none by the states in between. */
function obstacleTo({ hardware, components, release }: DeviceFile, manifest: Manifest): Obstacle | undefined {
  if (release === undefined) return undefined;
  const parts: OrderedRelease = {
    hardware: [hardware],
    fixed: [],
    components: [...components].map(([name, installed]) => ({ name, ...installed })),
  };
  return obstacle({ label: 'this device', parts }, manifest, hardware);
}

/**
 * A manifest that the product's role lists; `undefined` where it lists none or another than this, or where the medium that the role was
 * read from has it not.
 */
async function manifestOf(
  repository: TrustedRepository,
  { product }: DeviceFile,
  { version, manifest }: Pick<ChannelRelease, 'version' | 'manifest'>,
): Promise<VerifiedManifest | undefined> {
  const path = manifestPath(product, version);
  const target = await repository.find(path);
  if (!target || !sameDigest(target, manifest) || !(await repository.holds(target))) return undefined;
  const bytes = await repository.read(target);
  return {
    manifest: readContent(path, () => parseManifest(bytes, path)),
    sealed: seal(bytes),
    sequence: readContent(path, () => parseManifestCustom(target.custom, path)).sequence,
  };
}
