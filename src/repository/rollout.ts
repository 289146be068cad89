import { utf8 } from '../core/bytes.ts';
import { sha256 } from '../core/digest.ts';
import type { Version } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import type { Channel, ChannelRelease, Rollout } from './channel.ts';

/** What a rollout has to know of a device. */
export interface RolloutDevice {
  /** Without one, a device is the last to be given a release. */
  readonly id?: string;
  /** The release that it has. */
  readonly release?: Version;
}

const SHARES = 2 ** 32;

/**
 * The place of a device in the order in which devices are given a release, 0 up to 100: the first 4 bytes of the SHA-256 of
 * `<SHA-256 of the manifest, hex>:<id>`, as a big-endian number, in hundredths of 2^32. It is another one for each release, so that
 * it is not always the same devices that go first; and it never changes, so that whoever is in stays in.
 */
export const placeOf = (release: ChannelRelease, id: string): number => (shareOf(release, id) * 100) / SHARES;

const shareOf = ({ manifest }: ChannelRelease, id: string): number =>
  Number.parseInt(sha256(utf8(`${manifest.sha256}:${id}`)).slice(0, 8), 16);

/** How many percent of the devices are given the release at a time; a pause does not change it. */
export function percentAt({ steps }: Rollout, now: Seconds): number {
  let percent = 0;
  for (const step of steps) if (step.at <= now) percent = step.percent;
  return percent;
}

/**
 * What a channel gives to a device. One that has the release keeps it, whatever becomes of the rollout; while it is paused, no
 * other device is given it. A release that was recalled is given to no device that has not got it: it stays at what it has.
 *
 * @returns `undefined` for a device that stays as it is
 */
export const givenTo = (channel: Channel, device: RolloutDevice, now: Seconds): ChannelRelease | undefined =>
  given(channel, device, (rollout) => percentAt(rollout, now));

/**
 * As `givenTo`, of a device that is updated from a medium: whoever carries that to it has chosen it, so no percentage holds it back; a
 * pause and a recall do.
 */
export const carriedTo = (channel: Channel, device: RolloutDevice): ChannelRelease | undefined =>
  given(channel, device, () => 100);

function given(
  { release, rollout }: Channel,
  device: RolloutDevice,
  percentOf: (rollout: Rollout) => number,
): ChannelRelease | undefined {
  const unlessRecalled = (given: ChannelRelease) =>
    given.recalled === undefined || given.version === device.release ? given : undefined;
  if (rollout === undefined || device.release === release.version) return unlessRecalled(release);
  const stands = rollout.paused !== undefined || release.recalled !== undefined;
  const percent = stands ? 0 : percentOf(rollout);
  const isIn =
    percent === 100 || (device.id !== undefined && shareOf(release, device.id) * 100 < percent * SHARES);
  return isIn ? release : unlessRecalled(rollout.from);
}

/** When a device's turn comes by the steps as they are; `undefined` where it does not come. */
export const turnOf = ({ release, rollout }: Channel, id: string): Seconds | undefined =>
  (release.recalled === undefined ? rollout : undefined)?.steps.find(
    ({ percent }) => shareOf(release, id) * 100 < percent * SHARES,
  )?.at;

/** Whether every device is given the release. */
export const isDone = ({ rollout }: Channel, now: Seconds): boolean =>
  rollout === undefined || (rollout.paused === undefined && percentAt(rollout, now) === 100);

/** From now on no further device is given the release. */
export const pausedAt = (rollout: Rollout, now: Seconds): Rollout => ({ ...rollout, paused: now });

/** Goes on where it was paused: the steps that were still to come are as far away as they were then. */
export function resumedAt({ paused, ...rollout }: Rollout, now: Seconds): Rollout {
  if (paused === undefined) return rollout;
  const steps = rollout.steps.map((step) =>
    step.at <= paused ? step : { ...step, at: step.at + Math.max(0, now - paused) },
  );
  return { ...rollout, steps };
}
