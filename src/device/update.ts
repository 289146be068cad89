import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Manifest } from '../bundle/manifest.ts';
import { unitsFor } from '../bundle/transition/obstacle.ts';
import { OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import { removeFolder } from '../files/remove.ts';
import type { ChannelRelease } from '../repository/channel.ts';
import type { ReadStore } from '../storage/store.ts';
import { begin, begunManifest } from './begun.ts';
import { choose, firstChoice } from './choice.ts';
import { type DeviceFolder, deviceFolder, loadDevice, refuseLinks, saveDevice } from './device.ts';
import type { DeviceFile, Restart } from './device-file.ts';
import { type Download, fetchAll, fetchInstead, type Source } from './fetch.ts';
import {
  discardStaged,
  type InstallStep,
  installedAs,
  recover,
  slotHolds,
  stageComponent,
  switchStep,
} from './install.ts';
import { withDeviceLock } from './lock.ts';
import { checkIdentity, type NewDevice, newDevice } from './new-device.ts';
import { componentsFor, type Step } from './plan.ts';
import { joined, type RebootRequired, reportOf, type UpdateReport } from './report.ts';
import { planSteps } from './steps.ts';

export interface UpdateOptions {
  readonly folder: string;
  readonly store: ReadStore;
  /** The store is a medium that was carried here: it is believed as such, and its files are a part of what its roles list. */
  readonly medium?: boolean;
  readonly create?: NewDevice;
  readonly now: Seconds;
  readonly progress: Progress;
  /**
   * Tells this start of the device from others, as `/proc/sys/kernel/random/boot_id` does: an update is not gone on with in the start that
   * has to end. Absent: each call is a start of its own.
   */
  readonly boot?: string;
  /** Goes on as if the device had restarted, where it has to: all is read from the disk again, and proved again. */
  readonly playReboots?: boolean;
}

/**
 * What a device does to update: trust, choose, download all, then install in the manifest's order. Nothing is written to
 * a slot before every file is there and checked; a delta that fails even so gives way to the full payload. A new device
 * stands only when there is a release for it. After a step that asks for a restart nothing else is installed: `rebootRequired`
 * says so, and the next call, in another start, goes on.
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
    let [boot, reboots] = [options.boot ?? randomUUID(), 0];
    let report = await updateAlone(options, folder, boot);
    // Each release that is passed through is later than the one before it, and each restart follows a step.
    for (;;) {
      if (report.rebootRequired) {
        if (!options.playReboots) break;
        [boot, reboots] = [randomUUID(), reboots + 1];
      } else if (report.toward === undefined) break;
      report = joined(report, await updateAlone(options, folder, boot));
    }
    return reboots === 0 ? report : { ...report, reboots };
  });
}

async function updateAlone(
  options: UpdateOptions,
  folder: DeviceFolder,
  boot: string,
): Promise<UpdateReport> {
  const { create = {}, progress } = options;
  const stored = await loadDevice(folder);
  if (stored) checkIdentity(stored, create, folder);
  const known = stored && (await started(folder, await recover(folder, stored, boot), boot));
  if (known?.restart) return waiting(folder, known, known.restart);
  const choice = known
    ? await choose(options, folder, known, create.channel ?? known.channel)
    : await firstChoice(options, folder);
  const { device: old, channel } = choice;
  const found = choice.medium ? { medium: choice.medium.report } : {};
  if (!('manifest' in choice)) return { ...(await stay(folder, old, channel, choice.held)), ...found };
  const { manifest, sealed, sequence, files, repository, toward, held, unreached } = choice;
  const steps = await planSteps({
    files,
    device: old,
    manifest,
    holds: (installed) => slotHolds(folder, installed),
  });
  if (choice.medium?.refusal && !choice.kept && steps.some(({ action }) => action !== 'keep'))
    throw choice.medium.refusal;
  const source = { repository, files, folder, progress };
  const fetched = await fetchAll(source, steps, old.updating?.manifest.sha256);
  const installation = { source, steps, downloads: new Map(fetched.map((one) => [one.component.name, one])) };
  let device = old;
  let left: readonly Name[] = [];
  if (fetched.length > 0) {
    device = await begin(
      folder,
      old,
      { manifest, sealed, ...(sequence === undefined ? {} : { sequence }) },
      fetched,
    );
    ({ device, left } = await installSteps(installation, device, manifest, boot));
  }
  const { restart } = device;
  if (left.length === 0) {
    device = await recordRelease(folder, device, {
      manifest,
      steps,
      channel,
      sequence,
      mediaCounter: stored?.mediaCounter,
    });
    await removeFolder(folder.cache);
  }
  return {
    ...reportOf({ ...device, channel }, manifest, steps, installation.downloads, old.release),
    ...found,
    ...(held ? { held } : {}),
    ...(toward === undefined ? {} : { toward }),
    ...(unreached === undefined ? {} : { unreached }),
    ...(restart ? { rebootRequired: { after: restart.after, left } } : {}),
  };
}

/** Forgets the restart that an earlier start of the device was to end with. */
async function started(folder: DeviceFolder, device: DeviceFile, boot: string): Promise<DeviceFile> {
  const { restart, ...rest } = device;
  if (restart === undefined || restart.boot === boot) return device;
  await saveDevice(folder, rest);
  return rest;
}

/** The device has not restarted yet. */
async function waiting(folder: DeviceFolder, device: DeviceFile, { after }: Restart): Promise<UpdateReport> {
  const { product, hardware, channel, release, updating, components } = device;
  const begun = await begunManifest(folder, device);
  const left = (begun ? componentsFor(begun.manifest, hardware) : []).filter(
    (component) => !isDeepStrictEqual(components.get(component.name), installedAs(component)),
  );
  const rebootRequired: RebootRequired = { after, left: left.map(({ name }) => name) };
  const to = updating?.version ?? release;
  if (to === undefined) throw new Error('a device that restarts has installed something');
  return {
    product,
    hardware,
    channel,
    ...(release === undefined ? {} : { from: release }),
    to,
    changed: false,
    components: [],
    downloadedBytes: 0,
    rebootRequired,
  };
}

interface Installation {
  readonly source: Source;
  readonly steps: readonly Step[];
  /** What leads to the images of the components that are not kept; one that gave way to a full payload is replaced. */
  readonly downloads: Map<Name, Download>;
}

/**
 * Installs in the manifest's order, up to the first step that the device has to restart after.
 *
 * @returns the components that are left for after the restart
 */
async function installSteps(
  { source, steps, downloads }: Installation,
  begun: DeviceFile,
  manifest: Manifest,
  boot: string,
): Promise<{ readonly device: DeviceFile; readonly left: readonly Name[] }> {
  let device = begun;
  const toDo = unitsFor(manifest, begun.hardware)
    .map(({ names }) => steps.filter(({ component }) => names.includes(component.name)))
    .map(
      (unit): InstallStep => ({
        staged: unit.filter(({ action }) => action !== 'keep').map(({ component }) => component),
        kept: unit.filter(isRaised).map(({ component }) => component),
      }),
    )
    .filter(({ staged, kept }) => staged.length + kept.length > 0);
  for (const [index, step] of toDo.entries()) {
    try {
      for (const { name } of step.staged) {
        const download = downloads.get(name) as Download;
        downloads.set(name, await stageOrFallBack(source, device, download));
      }
    } catch (error) {
      await discardStaged(source.folder, step.staged);
      throw error;
    }
    device = await switchStep(source.folder, device, step, boot);
    if (!device.restart) continue;
    const rest = toDo.slice(index + 1).flatMap(({ staged, kept }) => [...staged, ...kept]);
    return { device, left: rest.map(({ name }) => name) };
  }
  return { device, left: [] };
}

/** Whether a component stays as it is, and is another one by the new manifest: its version, counter or what it asks for. */
const isRaised = ({ action, component, installed }: Step): boolean =>
  action === 'keep' && !isDeepStrictEqual(installed, installedAs(component));

/**
 * The release was recalled: what was downloaded of it goes.
 *
 * @throws OtaError `channel-held` for a device that has never had all of a release, and cannot go on with the one that it has begun
 */
async function stay(
  folder: DeviceFolder,
  device: DeviceFile,
  channel: Name,
  held: ChannelRelease,
): Promise<UpdateReport> {
  await removeFolder(folder.cache);
  const { product, hardware, release } = device;
  if (release === undefined) {
    throw new OtaError(
      'channel-held',
      `${product} ${held.version} was recalled, and nothing is in its place`,
      {
        where: `${product} ${held.version}`,
        hint: 'Try again when another release is promoted, or follow another channel.',
      },
    );
  }
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

/** Stages a component; from its full payload where its delta turns out not to lead to the image. */
async function stageOrFallBack(source: Source, device: DeviceFile, download: Download): Promise<Download> {
  const { folder, progress } = source;
  try {
    await stageComponent(folder, device, download, progress);
    return download;
  } catch (error) {
    if (download.action === 'full') throw error;
    const full = await fetchInstead(source, download.component, error, download);
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
  {
    manifest,
    steps,
    channel,
    sequence = device.sequence,
    mediaCounter,
  }: {
    readonly manifest: Manifest;
    readonly steps: readonly Step[];
    readonly channel: Name;
    readonly sequence: number | undefined;
    /** As it was stored. */
    readonly mediaCounter: number | undefined;
  },
): Promise<DeviceFile> {
  const raised = steps.filter(
    (step) =>
      isRaised(step) &&
      !isDeepStrictEqual(device.components.get(step.component.name), installedAs(step.component)),
  );
  const { updating, ...stands } = device;
  const isRecorded =
    raised.length === 0 &&
    updating === undefined &&
    device.release === manifest.version &&
    device.sequence === sequence &&
    device.mediaCounter === mediaCounter &&
    device.channel === channel;
  if (isRecorded) return device;
  const components = new Map(device.components);
  for (const { component } of raised) components.set(component.name, installedAs(component));
  const order = sequence === undefined ? {} : { sequence };
  const done = { ...stands, ...order, channel, release: manifest.version, components };
  await saveDevice(folder, done);
  return done;
}
