import { join } from 'node:path';
import type { Manifest } from '../bundle/manifest.ts';
import { parseManifest } from '../bundle/parse-manifest.ts';
import { sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import { DELTA_FORMAT } from '../delta/format.ts';
import { removeFolder } from '../files/remove.ts';
import { makeFolder, writeStreamAtomic } from '../files/write.ts';
import { parseChannel } from '../repository/channel.ts';
import { parseDeltaCustom } from '../repository/custom.ts';
import { channelPath, deltaPath, manifestPath, payloadPath } from '../repository/layout.ts';
import type { ReadStore } from '../storage/store.ts';
import { diskState } from './client/disk-state.ts';
import { pinRoot, refresh } from './client/refresh.ts';
import type { TrustedRepository } from './client/repository.ts';
import { type DeviceFolder, deviceFolder, loadDevice, saveDevice } from './device.ts';
import type { DeviceFile } from './device-file.ts';
import { type Fetched, installComponent, recover, slotHolds } from './install.ts';
import { checkRelease, componentsFor, isCurrent, type Step } from './plan.ts';

/** What a device that does not exist yet is to be. */
export interface NewDevice {
  readonly product: Name;
  readonly hardware: Name;
  readonly channel: Name;
  /** The root that its maker puts into it. */
  readonly rootBytes: Uint8Array;
}

export interface ComponentReport {
  readonly component: Name;
  readonly action: Step['action'];
  readonly from?: Version;
  readonly to: Version;
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
}

/**
 * What a device does to update: trust, choose, download all, then install in the manifest's order. Nothing is written to
 * a slot before every file is there and checked.
 *
 * @throws OtaError `device-invalid`, `hardware-mismatch`, `counter-rollback`, `target-missing`; as `refresh`
 */
export async function updateDevice(options: {
  readonly folder: string;
  readonly store: ReadStore;
  readonly create?: NewDevice;
  readonly now: Seconds;
  readonly progress: Progress;
}): Promise<UpdateReport> {
  const { store, now, progress } = options;
  const folder = deviceFolder(options.folder);
  const state = diskState(folder.trust);
  let device = await loadDevice(folder);
  if (!device) {
    device = await createDevice(options.create, folder);
    await pinRoot(state, required(options.create, folder).rootBytes, now);
    await saveDevice(folder, device);
  }
  device = await recover(folder, device);

  const repository = await refresh({ store, state, now, progress });
  const manifest = await chosenRelease(repository, device);
  checkRelease(device, manifest);
  const steps = await planSteps(repository, folder, device, manifest);
  const fetched = await fetchAll(repository, folder, steps, progress);
  const from = device.release;
  for (const file of fetched) device = await installComponent(folder, device, file, progress);
  await recordRelease(folder, device, manifest, steps);
  await removeFolder(folder.cache);
  return report(device, manifest, steps, from);
}

const required = (create: NewDevice | undefined, folder: DeviceFolder): NewDevice => {
  if (create) return create;
  throw new OtaError('device-invalid', `there is no device at ${folder.file}`, {
    where: folder.file,
    hint: 'Name the product, the hardware and the root of a new device: --product, --hardware and --root.',
  });
};

async function createDevice(create: NewDevice | undefined, folder: DeviceFolder): Promise<DeviceFile> {
  const { product, hardware, channel } = required(create, folder);
  await makeFolder(folder.trust);
  return { product, hardware, channel, components: new Map() };
}

/** The release that the device's channel names, its manifest being the very one that the channel and the product's role name. */
async function chosenRelease(repository: TrustedRepository, device: DeviceFile): Promise<Manifest> {
  const path = channelPath(device.product, device.channel);
  const channel = parseChannel(await repository.read(await repository.get(path)), path);
  const where = manifestPath(device.product, channel.release.version);
  const target = await repository.get(where);
  if (channel.product !== device.product || channel.channel !== device.channel) {
    throw new OtaError('role-invalid', `${path} is the channel ${channel.product}/${channel.channel}`, {
      where: path,
    });
  }
  if (!sameDigest(target, channel.release.manifest)) {
    throw new OtaError('digest-mismatch', `${path} names another manifest than the product's role lists`, {
      where,
      hint: 'The channel key signed what the release keys did not: have the channel published again.',
    });
  }
  return parseManifest(await repository.read(target), where);
}

async function planSteps(
  repository: TrustedRepository,
  folder: DeviceFolder,
  device: DeviceFile,
  manifest: Manifest,
): Promise<readonly Step[]> {
  const steps: Step[] = [];
  for (const component of componentsFor(manifest, device.hardware)) {
    const installed = device.components.get(component.name);
    const sound = installed !== undefined && (await slotHolds(folder, installed));
    if (installed && sound && isCurrent(device, component)) {
      steps.push({ action: 'keep', component, installed });
      continue;
    }
    const path =
      installed && sound && installed.slot === (component.slot?.name ?? component.name)
        ? deltaPath(manifest.product, manifest.version, component.name, installed.image.sha256, DELTA_FORMAT)
        : undefined;
    const target = path === undefined ? undefined : await repository.find(path);
    if (installed && path !== undefined && target) {
      const delta = parseDeltaCustom(target.custom, path);
      const memory = component.delta === false ? undefined : component.delta.memory;
      const fits = memory === undefined || delta.delta.memory <= memory;
      if (
        fits &&
        sameDigest(delta.delta.base, installed.image) &&
        sameDigest(delta.delta.image, component.image)
      ) {
        steps.push({ action: 'delta', component, installed, target, delta });
        continue;
      }
    }
    const full = await repository.get(payloadPath(manifest.product, manifest.version, component.name));
    if (!sameDigest(full, component.payload)) {
      throw new OtaError('digest-mismatch', `${full.path} is not the payload that the manifest lists`, {
        where: full.path,
      });
    }
    steps.push({ action: 'full', component, installed, target: full });
  }
  return steps;
}

async function fetchAll(
  repository: TrustedRepository,
  folder: DeviceFolder,
  steps: readonly Step[],
  progress: Progress,
): Promise<readonly Fetched[]> {
  await makeFolder(folder.cache);
  const fetched: Fetched[] = [];
  for (const step of steps) {
    if (step.action === 'keep') continue;
    const file = join(folder.cache, step.target.sha256);
    await writeStreamAtomic(file, repository.download(step.target));
    progress({
      task: `downloaded ${step.component.name}`,
      done: step.target.length,
      total: step.target.length,
    });
    fetched.push({ component: step.component, action: step.action, file });
  }
  return fetched;
}

/**
 * Records that all of a release stands. Its counters count from now on, also for the components that it left as they were:
 * what was seen is never gone below.
 */
async function recordRelease(
  folder: DeviceFolder,
  device: DeviceFile,
  manifest: Manifest,
  steps: readonly Step[],
): Promise<void> {
  const raised = steps.filter(
    ({ action, component, installed }) => action === 'keep' && installed?.counter !== component.counter,
  );
  if (raised.length === 0 && device.release === manifest.version) return;
  const components = new Map(device.components);
  for (const { component, installed } of raised) {
    if (installed) components.set(component.name, { ...installed, counter: component.counter });
  }
  await saveDevice(folder, { ...device, release: manifest.version, components });
}

function report(
  device: DeviceFile,
  manifest: Manifest,
  steps: readonly Step[],
  from: Version | undefined,
): UpdateReport {
  const components = steps.map(({ component, action, installed, ...step }) => ({
    component: component.name,
    action,
    ...(installed === undefined ? {} : { from: installed.version }),
    to: component.version,
    bytes: 'target' in step ? step.target.length : 0,
    imageBytes: component.image.length,
  }));
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
