import { dirname, join } from 'node:path';
import { readImage } from '../bundle/image.ts';
import type { ManifestComponent } from '../bundle/manifest.ts';
import { type Digest, sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Progress } from '../core/progress.ts';
import type { ByteSource } from '../core/source.ts';
import { verified } from '../core/verified.ts';
import { applyAny } from '../delta/apply-any.ts';
import { digestSource, openFile, withFile } from '../files/read.ts';
import { removeTemporaries } from '../files/temporary.ts';
import { makeFolder, writeStreamAtomic } from '../files/write.ts';
import { type DeviceFolder, saveDevice } from './device.ts';
import type { DeviceFile, Installed } from './device-file.ts';
import { slotOf } from './plan.ts';

/** A downloaded and checked file that leads to a component's image. */
export interface Fetched {
  readonly component: ManifestComponent;
  readonly action: 'delta' | 'full';
  readonly file: string;
}

/**
 * Writes one component into its slot and records it. The record of what is being written comes first, so that a device
 * that loses power in between can tell whether the slot holds the old image or the new one.
 *
 * @throws OtaError `digest-mismatch`, `delta-invalid`, `payload-invalid`; the slot keeps its old image then
 */
export async function installComponent(
  folder: DeviceFolder,
  device: DeviceFile,
  fetched: Fetched,
  progress: Progress,
): Promise<DeviceFile> {
  const { component } = fetched;
  const installed: Installed = {
    version: component.version,
    counter: component.counter,
    image: component.image,
    slot: slotOf(component),
  };
  const begun: DeviceFile = { ...device, installing: { component: component.name, ...installed } };
  await saveDevice(folder, begun);
  await makeFolder(folder.slots);
  const slot = join(folder.slots, installed.slot);
  await withFile(fetched.file, async (file) => {
    const { name, image, payload } = component;
    // A delta is taken only for what is installed; without that it is refused here, and the full payload taken.
    const images = { old: device.components.get(name)?.image ?? image, new: image };
    const pieces =
      fetched.action === 'full'
        ? readImage(file, { component: name, compression: payload.compression, image, progress })
        : verified(deltaImage(slot, file, images, progress), image, `the image of ${name}`);
    await writeStreamAtomic(slot, pieces);
  });
  return recordInstalled(folder, begun);
}

/** Ends what `installing` began: the slot holds the new image. */
async function recordInstalled(folder: DeviceFolder, device: DeviceFile): Promise<DeviceFile> {
  const { installing, ...rest } = device;
  if (!installing) return device;
  const { component, ...installed } = installing;
  const done: DeviceFile = { ...rest, components: new Map([...device.components, [component, installed]]) };
  await saveDevice(folder, done);
  return done;
}

/**
 * After a power cut: keeps the record if the slot already holds the new image, else forgets that it was begun; and removes
 * what was half written, so that cuts do not fill the disk.
 */
export async function recover(folder: DeviceFolder, device: DeviceFile): Promise<DeviceFile> {
  for (const path of [dirname(folder.file), folder.trust, folder.slots, folder.cache])
    await removeTemporaries(path);
  const { installing, ...rest } = device;
  if (!installing) return device;
  if (await slotHolds(folder, installing)) return recordInstalled(folder, device);
  await saveDevice(folder, rest);
  return rest;
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
