import { isDeepStrictEqual } from 'node:util';
import type { Manifest } from '../bundle/manifest.ts';
import { unitsFor } from '../bundle/transition/obstacle.ts';
import type { Code } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import { removeFolder } from '../files/remove.ts';
import type { ChannelRelease } from '../repository/channel.ts';
import type { ReadStore } from '../storage/store.ts';
import { chosenRelease } from './choose.ts';
import { diskState } from './client/disk-state.ts';
import { pinRoot, refresh } from './client/refresh.ts';
import type { TrustedRepository } from './client/repository.ts';
import { type DeviceFolder, deviceFolder, loadDevice, refuseLinks, saveDevice } from './device.ts';
import type { DeviceFile } from './device-file.ts';
import { type Download, deltaFault, fetchAll, fetchInstead, type Source } from './fetch.ts';
import { discardStaged, installedAs, recover, slotHolds, stageComponent, switchStep } from './install.ts';
import { withDeviceLock } from './lock.ts';
import { checkIdentity, type NewDevice, newDevice } from './new-device.ts';
import { checkRelease, type Step } from './plan.ts';
import { planSteps } from './steps.ts';
import { type Next, nextRelease } from './way.ts';

export interface UpdateOptions {
  readonly folder: string;
  readonly store: ReadStore;
  readonly create?: NewDevice;
  readonly now: Seconds;
  readonly progress: Progress;
}

export interface ComponentReport {
  readonly component: Name;
  readonly action: Step['action'];
  readonly from?: Version;
  readonly to: Version;
  /** Why its full payload was taken after its delta had failed. */
  readonly fellBack?: Code;
  /** Bytes downloaded for it. */
  readonly bytes: number;
  /** Bytes of the image that now stands in the slot. */
  readonly imageBytes: number;
}

export interface UpdateReport {
  readonly product: Name;
  readonly hardware: Name;
  readonly channel: Name;
  readonly from?: Version;
  readonly to: Version;
  readonly changed: boolean;
  /** In the order of installing. */
  readonly components: readonly ComponentReport[];
  readonly downloadedBytes: number;
  /** The releases that were installed on the way. */
  readonly passed?: readonly Version[];
  /** The release that it is on the way to, where `to` is passed through. */
  readonly toward?: Version;
  /** The release that was recalled, where the device stays as it is because of that, or has it. */
  readonly held?: ChannelRelease;
}

/**
 * What a device does to update: trust, choose, download all, then install in the manifest's order. Nothing is written to
 * a slot before every file is there and checked; a delta that fails even so gives way to the full payload. A new device
 * stands only when there is a release for it.
 *
 * @param options.create what a new device is to be, and what an existing one must be; another channel is changed to
 * @throws OtaError `device-invalid`, `device-busy`, `hardware-mismatch`, `counter-rollback`, `target-missing`; as `refresh`
 */
export async function updateDevice(options: UpdateOptions): Promise<UpdateReport> {
  const folder = deviceFolder(options.folder);
  await refuseLinks(folder);
  // Before the lock, which would make the folder.
  if ((await loadDevice(folder)) === undefined) newDevice(options.create, folder);
  return withDeviceLock(folder, async () => {
    let report = await updateAlone(options, folder);
    const [first, passed] = [report, [] as Version[]];
    // Each release that is passed through is later than the one before it.
    while (report.toward !== undefined) {
      passed.push(report.to);
      report = await updateAlone(options, folder);
    }
    return passed.length === 0 ? report : joined(first, report, passed);
  });
}

/** What came of passing through releases. */
const joined = (first: UpdateReport, last: UpdateReport, passed: readonly Version[]): UpdateReport => {
  const { from: _, ...rest } = last;
  return {
    ...rest,
    ...(first.from === undefined ? {} : { from: first.from }),
    passed,
    changed: true,
    downloadedBytes: first.downloadedBytes + last.downloadedBytes,
  };
};

async function updateAlone(options: UpdateOptions, folder: DeviceFolder): Promise<UpdateReport> {
  const { create = {}, progress } = options;
  const found = await loadDevice(folder);
  if (found) checkIdentity(found, create, folder);
  const known = found && (await recover(folder, found));
  const choice = known
    ? await choose(options, folder, known, create.channel ?? known.channel)
    : await firstChoice(options, folder);
  const { device: old, repository, channel } = choice;
  if (!('manifest' in choice)) return stay(folder, choice);
  const { manifest, toward, held } = choice;
  const steps = await planSteps({
    repository,
    device: old,
    manifest,
    holds: (installed) => slotHolds(folder, installed),
  });
  const source = { repository, folder, manifest, progress };
  const downloads = new Map<Name, Download>();
  const fetched = await fetchAll(source, steps);
  let device = fetched.length === 0 ? old : await begin(folder, old, manifest);
  for (const { names } of unitsFor(manifest, device.hardware)) {
    const step = fetched.filter(({ component }) => names.includes(component.name));
    const components = step.map(({ component }) => component);
    try {
      for (const download of step) {
        downloads.set(download.component.name, await stageOrFallBack(source, device, download));
      }
    } catch (error) {
      await discardStaged(folder, components);
      throw error;
    }
    if (components.length > 0) device = await switchStep(folder, device, components);
  }
  await recordRelease(folder, device, manifest, steps, channel);
  await removeFolder(folder.cache);
  return {
    ...report({ ...device, channel }, manifest, steps, downloads, old.release),
    ...(held ? { held } : {}),
    ...(toward === undefined ? {} : { toward }),
  };
}

type Choice = ((Next & { readonly held?: ChannelRelease }) | { readonly held: ChannelRelease }) & {
  readonly device: DeviceFile;
  readonly channel: Name;
  readonly repository: TrustedRepository;
};

/**
 * Records where the slots are on their way to, before the first is written: a release that is recalled meanwhile is gone on with,
 * since parts of two make none.
 */
async function begin(folder: DeviceFolder, device: DeviceFile, { version }: Manifest): Promise<DeviceFile> {
  if (device.updating === version) return device;
  const begun = { ...device, updating: version };
  await saveDevice(folder, begun);
  return begun;
}

/** The release was recalled: what was downloaded of it goes. */
async function stay(
  folder: DeviceFolder,
  { device, channel, held }: Choice & { readonly held: ChannelRelease },
): Promise<UpdateReport> {
  await removeFolder(folder.cache);
  const { product, hardware, release } = device;
  if (release === undefined) throw new Error('a device without a release is not told to stay');
  return {
    product,
    hardware,
    channel,
    from: release,
    to: release,
    changed: false,
    components: [],
    downloadedBytes: 0,
    held,
  };
}

/** The newest release of a channel, where the device may install it. */
async function choose(
  { store, now, progress }: UpdateOptions,
  folder: DeviceFolder,
  device: DeviceFile,
  channel: Name,
): Promise<Choice> {
  const repository = await refresh({ store, state: diskState(folder.trust), now, progress });
  const chosen = await chosenRelease(repository, { ...device, ...hasOrBegan(device), channel }, now);
  if (!('manifest' in chosen)) return { device, channel, repository, held: chosen.held };
  checkRelease(device, chosen.manifest);
  const next = await nextRelease(repository, device, chosen.channel, chosen.manifest);
  return { device, channel, repository, ...next, ...(chosen.held ? { held: chosen.held } : {}) };
}

/** To a channel, a device that is on its way to a release has it. */
const hasOrBegan = ({ updating }: DeviceFile): { readonly release?: Version } =>
  updating === undefined ? {} : { release: updating };

/**
 * As `choose`, for a device that is made by it. One that cannot be made leaves nothing that binds the next try: neither
 * what it was to be nor what it was to trust.
 */
async function firstChoice(options: UpdateOptions, folder: DeviceFolder): Promise<Choice> {
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

/** Stages a component; from its full payload where its delta turns out not to lead to the image. */
async function stageOrFallBack(source: Source, device: DeviceFile, download: Download): Promise<Download> {
  const { folder, progress } = source;
  try {
    await stageComponent(folder, device, download, progress);
    return download;
  } catch (error) {
    if (download.action === 'full') throw error;
    const full = await fetchInstead(source, download.component, deltaFault(error), download);
    await stageComponent(folder, device, full, progress);
    return full;
  }
}

/**
 * Records that all of a release stands. Its counters count from now on, also for the components that it left as they were:
 * what was seen is never gone below. The channel counts from now on too.
 */
async function recordRelease(
  folder: DeviceFolder,
  device: DeviceFile,
  manifest: Manifest,
  steps: readonly Step[],
  channel: Name,
): Promise<void> {
  const raised = steps.filter(
    ({ action, component, installed }) =>
      action === 'keep' && !isDeepStrictEqual(installed, installedAs(component)),
  );
  const { updating, ...stands } = device;
  const isRecorded =
    raised.length === 0 &&
    updating === undefined &&
    device.release === manifest.version &&
    device.channel === channel;
  if (isRecorded) return;
  const components = new Map(device.components);
  for (const { component } of raised) components.set(component.name, installedAs(component));
  await saveDevice(folder, { ...stands, channel, release: manifest.version, components });
}

function report(
  device: DeviceFile,
  manifest: Manifest,
  steps: readonly Step[],
  downloads: ReadonlyMap<Name, Download>,
  from: Version | undefined,
): UpdateReport {
  const components = steps.map(({ component, action, installed }): ComponentReport => {
    const download = downloads.get(component.name);
    return {
      component: component.name,
      action: download?.action ?? action,
      ...(installed === undefined ? {} : { from: installed.version }),
      to: component.version,
      ...(download?.fellBack === undefined ? {} : { fellBack: download.fellBack }),
      bytes: download?.bytes ?? 0,
      imageBytes: component.image.length,
    };
  });
  return {
    product: device.product,
    hardware: device.hardware,
    channel: device.channel,
    ...(from === undefined ? {} : { from }),
    to: manifest.version,
    changed: components.some(({ action }) => action !== 'keep') || from !== manifest.version,
    components,
    downloadedBytes: components.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
