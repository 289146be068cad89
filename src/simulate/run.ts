import { type Code, OtaError } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import type { SharedClient } from './client.ts';
import type { VirtualDevice } from './devices.ts';

/** The fleet at one time, after every device has asked for an update. */
export interface Moment {
  readonly at: Seconds;
  /** How many devices have each release; `none` where they have none. */
  readonly releases: Readonly<Record<string, number>>;
  /** Devices that were updated now, and the bytes that they downloaded. */
  readonly updated: number;
  readonly bytes: number;
  /** Restarts of all devices now. */
  readonly reboots: number;
  /** Devices that refused, by error code. */
  readonly refused: Readonly<Partial<Record<Code, number>>>;
}

/** Updates of devices from one release to another, those that were passed through left out. */
export interface UpdateSum {
  readonly hardware: Name;
  readonly from?: Version;
  readonly to: Version;
  readonly devices: number;
  /** Of all of them. */
  readonly bytes: number;
  readonly reboots: number;
}

/** Devices that refuse in the end for one reason. */
export interface RefusalSum {
  readonly code: Code;
  readonly message: string;
  readonly devices: number;
}

export interface Run {
  readonly moments: readonly Moment[];
  readonly updates: readonly UpdateSum[];
  readonly refusals: readonly RefusalSum[];
}

/**
 * Has every device ask for an update at each of some times.
 *
 * @param clientOf the client of a device
 * @throws OtaError of storage: no device is to blame for that
 */
export async function runFleet(
  devices: readonly VirtualDevice[],
  times: readonly Seconds[],
  clientOf: (device: VirtualDevice) => SharedClient,
): Promise<Run> {
  const has = devices.map(({ release }) => release);
  const updates = new Map<string, UpdateSum>();
  const moments: Moment[] = [];
  let refusals = new Map<string, RefusalSum>();
  for (const at of times) {
    const releases = new Map<string, number>();
    const refused = new Map<Code, number>();
    refusals = new Map();
    let [updated, bytes, reboots] = [0, 0, 0];
    for (const [index, device] of devices.entries()) {
      const from = has[index];
      const made = await updateOf(clientOf(device), device, from, at + device.clock);
      const { to, refusal } = made;
      if (to !== undefined && to !== from) {
        has[index] = to;
        updated += 1;
        bytes += made.bytes;
        reboots += made.reboots;
        const { hardware } = device;
        const key = [hardware, from, to].join(' ');
        const sum = updates.get(key) ?? {
          hardware,
          ...(from === undefined ? {} : { from }),
          to,
          devices: 0,
          bytes: 0,
          reboots: 0,
        };
        updates.set(key, {
          ...sum,
          devices: sum.devices + 1,
          bytes: sum.bytes + made.bytes,
          reboots: sum.reboots + made.reboots,
        });
      }
      if (refusal) {
        const { code, message } = refusal;
        add(refused, code);
        const key = `${code} ${message}`;
        refusals.set(key, { code, message, devices: (refusals.get(key)?.devices ?? 0) + 1 });
      }
      add(releases, to ?? 'none');
    }
    moments.push({ at, releases: sorted(releases), updated, bytes, reboots, refused: sorted(refused) });
  }
  return { moments, updates: inOrder(updates), refusals: inOrder(refusals) };
}

interface Made {
  readonly to: Version | undefined;
  readonly bytes: number;
  readonly reboots: number;
  readonly refusal?: OtaError;
}

/** What a device has after it asked, by way of all releases that it passes through. */
async function updateOf(
  client: SharedClient,
  device: VirtualDevice,
  from: Version | undefined,
  now: Seconds,
): Promise<Made> {
  let to = from;
  let [bytes, reboots] = [0, 0];
  try {
    for (;;) {
      const preview = await client.update(device, to, now);
      to = preview.to;
      bytes += preview.downloadBytes;
      reboots += preview.reboots ?? 0;
      if (preview.toward === undefined) return { to, bytes, reboots };
    }
  } catch (error) {
    if (!(error instanceof OtaError) || error.category === 'storage') throw error;
    return { to, bytes, reboots, refusal: error };
  }
}

const add = <K>(counts: Map<K, number>, key: K): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

/** The same object for the same counts, in whatever order they were found. */
const sorted = <K extends string>(counts: ReadonlyMap<K, number>): Record<K, number> =>
  Object.fromEntries([...counts].toSorted(byKey)) as Record<K, number>;

const inOrder = <T>(sums: ReadonlyMap<string, T>): readonly T[] =>
  [...sums].toSorted(byKey).map(([, sum]) => sum);

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);
