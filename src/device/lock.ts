import { join } from 'node:path';
import { OtaError } from '../core/errors.ts';
import { listFolder } from '../files/read.ts';
import { removeFolder } from '../files/remove.ts';
import { makeFolder } from '../files/write.ts';
import { withLock } from '../storage/lock.ts';
import { thisOwner } from '../storage/lock-owner.ts';
import type { DeviceFolder } from './device.ts';

/**
 * Runs `work` while no other update of the same device does, made for a folder on the device's own disk.
 *
 * The lock is in a folder named after this start of the machine: whatever a power cut left of a lock, half written or half
 * taken over, is under another name then, so it holds up nobody and is removed.
 *
 * @param patience milliseconds to wait for another update to end
 * @throws OtaError `device-busy` when it does not; what `work` throws
 */
export async function withDeviceLock<T>(
  folder: DeviceFolder,
  work: () => Promise<T>,
  patience?: number,
): Promise<T> {
  const { boot } = await thisOwner();
  const start = boot === '' ? 'any' : boot;
  const home = join(folder.lock, start);
  await makeFolder(home);
  const alone = async () => {
    for (const other of await listFolder(folder.lock)) {
      if (other !== start) await removeFolder(join(folder.lock, other));
    }
    return work();
  };
  try {
    return await withLock(join(home, 'update'), alone, patience);
  } catch (error) {
    if (!(error instanceof OtaError && error.code === 'store-conflict' && error.where?.startsWith(home)))
      throw error;
    throw new OtaError('device-busy', `another update of this device is running: ${error.message}`, {
      where: error.where,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}
