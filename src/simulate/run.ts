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
        addUpdate(updates, {
          hardware,
          ...(from === undefined ? {} : { from }),
          to,
          devices: 1,
          bytes: made.bytes,
          reboots: made.reboots,
        });
      }
      if (refusal) {
        const { code, message } = refusal;
        add(refused, code);
        addRefusal(refusals, { code, message, devices: 1 });
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

/** What two parts of a fleet made of the same times. */
export function joinedRuns(one: Run, other: Run): Run {
  const updates = new Map<string, UpdateSum>();
  for (const sum of [...one.updates, ...other.updates]) addUpdate(updates, sum);
  const refusals = new Map<string, RefusalSum>();
  for (const sum of [...one.refusals, ...other.refusals]) addRefusal(refusals, sum);
  const moments = one.moments.map((moment, place): Moment => {
    const { releases, updated, bytes, reboots, refused } = other.moments[place] as Moment;
    return {
      at: moment.at,
      releases: joinedCounts(moment.releases, releases),
      updated: moment.updated + updated,
      bytes: moment.bytes + bytes,
      reboots: moment.reboots + reboots,
      refused: joinedCounts(moment.refused, refused),
    };
  });
  return { moments, updates: inOrder(updates), refusals: inOrder(refusals) };
}

function addUpdate(updates: Map<string, UpdateSum>, more: UpdateSum): void {
  const key = [more.hardware, more.from, more.to].join(' ');
  const { devices, bytes, reboots } = updates.get(key) ?? { devices: 0, bytes: 0, reboots: 0 };
  updates.set(key, {
    ...more,
    devices: devices + more.devices,
    bytes: bytes + more.bytes,
    reboots: reboots + more.reboots,
  });
}

function addRefusal(refusals: Map<string, RefusalSum>, more: RefusalSum): void {
  const key = `${more.code} ${more.message}`;
  refusals.set(key, { ...more, devices: (refusals.get(key)?.devices ?? 0) + more.devices });
}

const add = <K>(counts: Map<K, number>, key: K, more = 1): void => {
  counts.set(key, (counts.get(key) ?? 0) + more);
};

function joinedCounts<K extends string>(
  one: Readonly<Partial<Record<K, number>>>,
  other: Readonly<Partial<Record<K, number>>>,
): Record<K, number> {
  const counts = new Map<K, number>();
  for (const each of [one, other]) {
    for (const [key, count] of Object.entries(each) as [K, number][]) add(counts, key, count);
  }
  return sorted(counts);
}

/** The same object for the same counts, in whatever order they were found. */
const sorted = <K extends string>(counts: ReadonlyMap<K, number>): Record<K, number> =>
  Object.fromEntries([...counts].toSorted(byKey)) as Record<K, number>;

const inOrder = <T>(sums: ReadonlyMap<string, T>): readonly T[] =>
  [...sums].toSorted(byKey).map(([, sum]) => sum);

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);
