import { OtaError } from '../core/errors.ts';
import { deviceFolder, loadDevice } from '../device/device.ts';
import type { DeviceFile } from '../device/device-file.ts';
import { USUAL_CHANNEL } from '../device/new-device.ts';
import type { UpdateReport } from '../device/report.ts';
import { type UpdateOptions, updateDevice } from '../device/update.ts';
import { explain } from './explain.ts';
import type { Medium } from './store.ts';

/**
 * Updates a device from a medium. What is wrong with the medium is said in words that whoever carries it understands; the device is as
 * it was then, or goes on where it stopped when the medium is plugged in again.
 *
 * @throws OtaError `media-incomplete`, `media-damaged`, `media-removed`, `media-foreign`, `media-expired`, `media-revoked`, `media-older`,
 *   `media-other-base`, `channel-unlisted`; as `updateDevice`
 */
export async function updateFromMedium(
  medium: Medium,
  options: Omit<UpdateOptions, 'store' | 'medium'>,
): Promise<UpdateReport> {
  try {
    return await updateDevice({ ...options, store: medium.store, medium: true });
  } catch (error) {
    if (!(error instanceof OtaError)) throw error;
    throw await explain(error, medium, await whichDevice(options));
  }
}

/** What is known of the device, also where it is only to be made. */
async function whichDevice({
  folder,
  create = {},
}: Pick<UpdateOptions, 'folder' | 'create'>): Promise<Partial<DeviceFile>> {
  const device = await loadDevice(deviceFolder(folder)).catch(() => undefined);
  const product = device?.product ?? create.product ?? create.usualProduct;
  const hardware = device?.hardware ?? create.hardware;
  return {
    ...device,
    ...(product === undefined ? {} : { product }),
    ...(hardware === undefined ? {} : { hardware }),
    channel: create.channel ?? device?.channel ?? USUAL_CHANNEL,
  };
}
