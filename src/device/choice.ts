import { type Code, OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import { removeFolder } from '../files/remove.ts';
import type { Channel, ChannelRelease } from '../repository/channel.ts';
import { carriedTo, givenTo, type RolloutDevice } from '../repository/rollout.ts';
import { begunManifest } from './begun.ts';
import { chosenRelease, type Choice as Told } from './choose.ts';
import { diskState } from './client/disk-state.ts';
import { pinRoot, refresh } from './client/refresh.ts';
import type { TrustedRepository } from './client/repository.ts';
import { type DeviceFolder, saveDevice } from './device.ts';
import type { DeviceFile } from './device-file.ts';
import { keptFiles, listedFiles, type ReleaseFiles } from './files.ts';
import { accepted, isOlder, judged, mediumFiles, mediumRepository, type OfMedium, older } from './medium.ts';
import { newDevice } from './new-device.ts';
import type { UpdateOptions } from './update.ts';
import { begunRelease, type Kept, type Next, nextRelease } from './way.ts';

/** What a device does next, and where the files for it come from. */
export type Choice = { readonly device: DeviceFile; readonly channel: Name; readonly medium?: OfMedium } & (
  | Chosen
  /** It stays as it is. */
  | { readonly held: ChannelRelease }
);

interface Chosen extends Next {
  readonly repository: Pick<TrustedRepository, 'download'>;
  readonly files: ReleaseFiles;
  readonly held?: ChannelRelease;
  /** Why the store could not be read. */
  readonly unreached?: Code;
}

/**
 * The newest release of a channel, where the device may install it; or the one that it has begun, where it may not.
 *
 * @throws OtaError of a medium: `media-older`, `media-expired`, `media-revoked`; as `refresh`, `chosenRelease` and `nextRelease`
 */
export async function choose(
  { store, now, progress, medium: isMedium = false }: UpdateOptions,
  folder: DeviceFolder,
  device: DeviceFile,
  channel: Name,
): Promise<Choice> {
  const state = diskState(folder.trust);
  let repository: TrustedRepository;
  try {
    repository = await (isMedium
      ? mediumRepository({ store, state, progress })
      : refresh({ store, state, now, progress }));
  } catch (error) {
    const begun = await unreachedChoice(folder, device, error);
    if (begun) return begun;
    throw error;
  }
  const chosen = await chosenRelease(
    repository,
    { ...device, ...hasOrBegan(device), channel },
    isMedium ? carriedTo : at(now),
  );
  const medium = isMedium ? await judged(repository, state, device, now) : undefined;
  const next = await nextOf(repository, device, chosen, () => begunManifest(folder, device), isMedium);
  const told = {
    device: accepted(device, medium),
    channel,
    ...(medium ? { medium } : {}),
    ...(chosen.held ? { held: chosen.held } : {}),
  };
  if (next) {
    const { manifest } = next;
    if (medium?.refusal && !next.kept && manifest.version !== device.release) throw medium.refusal;
    const files =
      next.kept && device.updating
        ? keptFiles(device.updating, manifest)
        : (isMedium ? mediumFiles : listedFiles)(repository, device, manifest);
    return { ...next, ...told, repository, files };
  }
  if (!chosen.held) throw new Error('a device is told to stay because a release was recalled');
  return { ...told, held: chosen.held };
}

const at = (now: Seconds) => (channel: Channel, device: RolloutDevice) => givenTo(channel, device, now);

/** What is installed next. From an older medium nothing is, but what the device has begun it ends. @throws OtaError `media-older` */
async function nextOf(
  repository: TrustedRepository,
  device: DeviceFile,
  chosen: Told,
  kept: Kept,
  isMedium: boolean,
): Promise<Next | undefined> {
  if (!('manifest' in chosen)) return begunRelease(repository, device, kept);
  if (!isMedium || !isOlder(device, chosen))
    return nextRelease(repository, device, chosen.channel, chosen, kept);
  const begun = await begunRelease(repository, device, kept);
  if (begun) return begun;
  throw older(device, chosen.manifest);
}

/** To a channel, a device that is on its way to a release has it. */
const hasOrBegan = ({ updating }: DeviceFile): Pick<DeviceFile, 'release'> =>
  updating === undefined ? {} : { release: updating.version };

/**
 * What a device has begun to install it ends also without the store: what it trusted then was checked before the first slot was
 * written, and nothing that the store could say has it stay between two releases. What the device lacks is not to be had.
 */
async function unreachedChoice(
  folder: DeviceFolder,
  device: DeviceFile,
  error: unknown,
): Promise<Choice | undefined> {
  if (!(error instanceof OtaError) || error.category !== 'storage') return undefined;
  const begun = await begunManifest(folder, device);
  if (!begun || !device.updating) return undefined;
  return {
    device,
    channel: device.channel,
    ...begun,
    repository: { download: () => failing(error) },
    files: keptFiles(device.updating, begun.manifest),
    unreached: error.code,
  };
}

// biome-ignore lint/correctness/useYield: what is asked for cannot be had
async function* failing(error: OtaError): AsyncGenerator<Uint8Array> {
  throw error;
}

/**
 * As `choose`, for a device that is made by it. One that cannot be made leaves nothing that binds the next try: neither
 * what it was to be nor what it was to trust.
 */
export async function firstChoice(options: UpdateOptions, folder: DeviceFolder): Promise<Choice> {
  const { device, rootBytes } = newDevice(options.create, folder);
  // What a first update left that was cut off.
  await removeFolder(folder.trust);
  try {
    await pinRoot(diskState(folder.trust), rootBytes, options.now);
    const choice = await choose(options, folder, device, device.channel);
    await saveDevice(folder, device);
    return choice;
  } catch (error) {
    // What cannot be removed is at the next try, and must not hide what went wrong.
    await removeFolder(folder.trust).catch(() => {});
    throw error;
  }
}
