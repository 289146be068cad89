import { randomUUID } from 'node:crypto';
import type { DeltaFormat } from '../core/delta-formats.ts';
import { OtaError } from '../core/errors.ts';
import { type Name, parseName } from '../core/names.ts';
import type { DeviceFolder } from './device.ts';
import { DEVICE_ID, type DeviceFile, isDeviceId } from './device-file.ts';

/** What a device is said to be: all that a new one needs, and nothing else than what an existing one is. */
export interface NewDevice {
  readonly product?: Name;
  /** Of a new device for which no product is given. */
  readonly usualProduct?: Name;
  readonly hardware?: Name;
  readonly channel?: Name;
  /** Of a new device for which none is given, one is made up. */
  readonly id?: string;
  /** The formats of deltas that it reads; all where none are given. */
  readonly formats?: readonly DeltaFormat[];
  /** Bytes of its slots; not known where none are given. */
  readonly slots?: ReadonlyMap<Name, number>;
  /** Whether its clock is to be trusted where it is updated from media; not, where that is not said. */
  readonly clock?: 'trusted' | 'none';
  /** The root that its maker puts into it. */
  readonly rootBytes?: Uint8Array;
}

/** Of a new device for which none is given. */
export const USUAL_CHANNEL = parseName('stable', 'the channel');

/** A device as its maker makes it. @throws OtaError `device-invalid` where something that it needs is not given */
export function newDevice(
  create: NewDevice = {},
  folder: DeviceFolder,
): { readonly device: DeviceFile; readonly rootBytes: Uint8Array } {
  const { usualProduct, product = usualProduct, hardware, rootBytes } = create;
  if (product === undefined || hardware === undefined || rootBytes === undefined) {
    throw new OtaError('device-invalid', `there is no device at ${folder.file}`, {
      where: folder.file,
      hint: 'Name the product, the hardware and the root of a new device: --product, --hardware and --root.',
    });
  }
  const channel = create.channel ?? USUAL_CHANNEL;
  const id = create.id ?? randomUUID();
  if (!isDeviceId(id)) {
    throw new OtaError('name-invalid', `${JSON.stringify(id)} is not an id of a device`, {
      where: folder.file,
      hint: `Use ${DEVICE_ID}.`,
    });
  }
  const formats = create.formats === undefined ? {} : { formats: create.formats };
  const slots = create.slots === undefined ? {} : { slots: create.slots };
  const clock = create.clock === 'trusted' ? { clock: create.clock } : {};
  return {
    device: { product, hardware, channel, id, ...formats, ...slots, ...clock, components: new Map() },
    rootBytes,
  };
}

/** Refuses to take a device for another. @throws OtaError `device-invalid` */
export function checkIdentity(device: DeviceFile, said: NewDevice, folder: DeviceFolder): void {
  const { clock = 'none' } = device;
  if (said.clock !== undefined && said.clock !== clock) {
    throw new OtaError('device-invalid', `the device at ${folder.file} was made with --clock ${clock}`, {
      where: folder.file,
      hint: 'Leave out --clock to update this device, or name another folder to make a new one.',
    });
  }
  for (const [slot, size] of said.slots ?? []) {
    const known = device.slots?.get(slot);
    if (known === size) continue;
    throw new OtaError(
      'device-invalid',
      `the device at ${folder.file} was made with ${known === undefined ? `no size of slot ${slot}` : `${known} bytes in slot ${slot}`}, not ${size}`,
      {
        where: folder.file,
        hint: 'Leave out --slot to update this device, or name another folder to make a new one.',
      },
    );
  }
  for (const key of ['product', 'hardware', 'id', 'formats'] as const) {
    if (said[key] === undefined || String(said[key]) === String(device[key])) continue;
    throw new OtaError(
      'device-invalid',
      `the device at ${folder.file} is of ${key} ${device[key] ?? 'of all kinds'}, not ${said[key]}`,
      {
        where: folder.file,
        hint: `Leave out --${key === 'formats' ? 'format' : key} to update this device, or name another folder to make a new one.`,
      },
    );
  }
}
