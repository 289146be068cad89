import { dirname, join } from 'node:path';
import { readImage } from '../bundle/image.ts';
import type { ManifestComponent } from '../bundle/manifest.ts';
import { type Digest, sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import type { ByteSource } from '../core/source.ts';
import { verified } from '../core/verified.ts';
import { applyAny } from '../delta/apply-any.ts';
import { digestSource, listFolder, openFile, withFile } from '../files/read.ts';
import { removeFile } from '../files/remove.ts';
import { removeTemporaries } from '../files/temporary.ts';
import { makeFolder, moveFile, writeStreamAtomic } from '../files/write.ts';
import { type DeviceFolder, saveDevice } from './device.ts';
import type { DeviceFile, Installed, Installing } from './device-file.ts';
import { slotOf } from './plan.ts';

/** A downloaded and checked file that leads to a component's image. */
export interface Fetched {
  readonly component: ManifestComponent;
  readonly action: 'delta' | 'full';
  readonly file: string;
}

/** What a component is once it is installed. */
export const installedAs = (component: ManifestComponent): Installed => ({
  version: component.version,
  counter: component.counter,
  image: component.image,
  slot: slotOf(component),
  provides: component.provides,
  requires: component.requires,
});

/** The new image of a slot until it is switched to; no slot's name starts with a dot. */
const nextPath = (folder: DeviceFolder, slot: Name): string => join(folder.slots, `.next-${slot}`);

/**
 * Writes the image that a downloaded file leads to beside its slot, whole or not at all. The slot keeps what it has.
 *
 * @throws OtaError `digest-mismatch`, `delta-invalid`, `payload-invalid`, `disk-full`
 */
export async function stageComponent(
  folder: DeviceFolder,
  device: DeviceFile,
  { component, action, file: path }: Fetched,
  progress: Progress,
): Promise<void> {
  await makeFolder(folder.slots);
  const slot = slotOf(component);
  await withFile(path, async (file) => {
    const { name, image, payload } = component;
    // A delta is taken only for what is installed; without that it is refused here, and the full payload taken.
    const images = { old: device.components.get(name)?.image ?? image, new: image };
    const pieces =
      action === 'full'
        ? readImage(file, { component: name, compression: payload.compression, image, progress })
        : verified(
            deltaImage(join(folder.slots, slot), file, images, progress),
            image,
            `the image of ${name}`,
          );
    await writeStreamAtomic(nextPath(folder, slot), pieces);
  });
}

/** Makes room again after a step that could not be staged whole; what cannot be removed is at the next try. */
export async function discardStaged(
  folder: DeviceFolder,
  components: readonly ManifestComponent[],
): Promise<void> {
  for (const component of components) {
    await removeFile(nextPath(folder, slotOf(component))).catch(() => {});
  }
}

/** What is recorded at once: components whose new images stand beside their slots, and those whose image stays and whose record changes. */
export interface InstallStep {
  readonly staged: readonly ManifestComponent[];
  readonly kept: readonly ManifestComponent[];
}

/**
 * Switches the slots of one step to the images that stand beside them, all or none: once the device's file says that it is being done,
 * `recover` ends what a power cut interrupts, before anything of it starts.
 *
 * @param boot tells this start of the device from others; where a component asks for a restart, it has to end
 */
export async function switchStep(
  folder: DeviceFolder,
  device: DeviceFile,
  { staged, kept }: InstallStep,
  boot: string,
): Promise<DeviceFile> {
  const installing = [
    ...staged.map((item) => ({ ...installingAs(item), ...(item.reboot ? { reboot: true as const } : {}) })),
    ...kept.map(installingAs),
  ];
  if (staged.length === 0) return record(folder, device, installing, boot);
  const begun = { ...device, installing };
  await saveDevice(folder, begun);
  await moveAll(folder, installing);
  return record(folder, begun, installing, boot);
}

const installingAs = (item: ManifestComponent): Installing => ({
  component: item.name,
  ...installedAs(item),
});

async function moveAll(folder: DeviceFolder, installing: readonly Installing[]): Promise<void> {
  for (const { slot } of installing) await moveFile(nextPath(folder, slot), join(folder.slots, slot));
}

async function record(
  folder: DeviceFolder,
  { installing: _, ...device }: DeviceFile,
  installing: readonly Installing[],
  boot: string,
): Promise<DeviceFile> {
  const added = installing.map(({ component, reboot: _, ...installed }): [Name, Installed] => [
    component,
    installed,
  ]);
  const after = installing.filter(({ reboot }) => reboot).map(({ component }) => component);
  const done: DeviceFile = {
    ...device,
    components: new Map([...device.components, ...added]),
    ...(after.length === 0 ? {} : { restart: { after, boot } }),
  };
  await saveDevice(folder, done);
  return done;
}

/**
 * After a power cut: ends the switch of slots that had begun, and removes what was half written or never switched to, so that cuts do
 * not fill the disk. A switch that is ended now asks for its restart again: this start may run what stood there before.
 *
 * @param boot tells this start of the device from others
 */
export async function recover(folder: DeviceFolder, device: DeviceFile, boot: string): Promise<DeviceFile> {
  for (const path of [dirname(folder.file), folder.trust, folder.slots, folder.cache])
    await removeTemporaries(path);
  const { installing } = device;
  if (installing) {
    await moveAll(folder, installing);
    return record(folder, device, await standing(folder, installing), boot);
  }
  for (const name of await listFolder(folder.slots)) {
    if (name.startsWith('.next-')) await removeFile(join(folder.slots, name));
  }
  return device;
}

/** Those whose slots hold their images; of others that were recorded the disk has lost what was written. */
async function standing(
  folder: DeviceFolder,
  installing: readonly Installing[],
): Promise<readonly Installing[]> {
  const found: Installing[] = [];
  for (const item of installing) if (await slotHolds(folder, item)) found.push(item);
  return found;
}

/** Whether a slot really holds what is recorded of it. */
export async function slotHolds(folder: DeviceFolder, installed: Installed): Promise<boolean> {
  try {
    const found = await withFile(join(folder.slots, installed.slot), (file) => digestSource(file));
    return sameDigest(found, installed.image);
  } catch (error) {
    if (error instanceof OtaError && error.code === 'input-missing') return false;
    throw error;
  }
}

/** From the image that is recorded to be in the slot. */
async function* deltaImage(
  slot: string,
  patch: ByteSource,
  images: { readonly old: Digest; readonly new: Digest },
  progress: Progress,
): AsyncGenerator<Uint8Array> {
  const old = await openFile(slot);
  try {
    yield* applyAny(old, patch, { images, progress });
  } finally {
    await old.close();
  }
}
