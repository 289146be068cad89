import { join } from 'node:path';
import { OtaError } from '../core/errors.ts';
import { isLink, readSmallFileIfPresent } from '../files/read.ts';
import { writeFileAtomic } from '../files/write.ts';
import { type DeviceFile, encodeDeviceFile, parseDeviceFile } from './device-file.ts';

/** Where a device keeps its things, below one folder. */
export interface DeviceFolder {
  readonly file: string;
  readonly trust: string;
  readonly slots: string;
  readonly cache: string;
  /** What keeps two updates apart. */
  readonly lock: string;
}

export const deviceFolder = (folder: string): DeviceFolder => ({
  file: join(folder, 'device.json'),
  trust: join(folder, 'trust'),
  slots: join(folder, 'slots'),
  cache: join(folder, 'cache'),
  lock: join(folder, 'lock'),
});

/**
 * Everything that a device writes stays in its folder: a folder in it that is a link would lead the images elsewhere.
 *
 * @throws OtaError `device-invalid`
 */
export async function refuseLinks({ trust, slots, cache, lock }: DeviceFolder): Promise<void> {
  for (const path of [trust, slots, cache, lock]) {
    if (!(await isLink(path))) continue;
    throw new OtaError('device-invalid', `${path} is a symbolic link that leads out of the device`, {
      where: path,
      hint: 'Put a folder in its place, or mount the other disk there.',
    });
  }
}

/** @throws OtaError `device-invalid` for a file that is not a device's; `undefined` where there is none */
export async function loadDevice(folder: DeviceFolder): Promise<DeviceFile | undefined> {
  const bytes = await readSmallFileIfPresent(folder.file);
  if (!bytes) return undefined;
  try {
    return parseDeviceFile(bytes, folder.file);
  } catch (cause) {
    throw new OtaError('device-invalid', `${folder.file} is damaged`, {
      where: folder.file,
      hint: 'The device no longer knows what it has installed; set it up anew in another folder.',
      cause,
    });
  }
}

export const saveDevice = (folder: DeviceFolder, device: DeviceFile): Promise<void> =>
  writeFileAtomic(folder.file, encodeDeviceFile(device));
