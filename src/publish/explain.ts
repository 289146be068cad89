import type { Name, Version } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import type { Recall } from '../repository/recalls.ts';
import { givenTo, percentAt, placeOf, turnOf } from '../repository/rollout.ts';
import type { Trust } from '../repository/trust.ts';
import type { ReadStore } from '../storage/store.ts';
import { channelNamed, publishedChannels } from './channel.ts';
import { publishedRecalls } from './recalls.ts';

/** What a channel gives to one device, and why. */
export interface Explanation {
  readonly product: Name;
  readonly channel: Name;
  readonly device: string;
  /** Absent where nothing is given: the device stays at what it has. */
  readonly given?: Version;
  /** Releases of the channel, or that came to its devices, that were recalled. */
  readonly recalled: readonly Recall[];
  /** Absent where all devices are given the release. */
  readonly rollout?: {
    readonly release: Version;
    readonly from: Version;
    /** How many of a hundred devices are given it now. */
    readonly percent: number;
    /** The device's place among all, 0 up to 100: it is in when `percent` is above. */
    readonly place: number;
    /** When its turn comes by the steps as they are; absent where it does not. */
    readonly turn?: Seconds;
    readonly paused?: Seconds;
  };
}

/**
 * Works out, from public metadata alone, what a channel gives to a device that has another release.
 *
 * @throws OtaError `channel-missing`; as `publishedChannels`
 */
export async function explainChannel(options: {
  readonly store: ReadStore;
  readonly trust: Trust;
  readonly product: Name;
  readonly channel: Name;
  readonly device: string;
  readonly now: Seconds;
}): Promise<Explanation> {
  const { store, trust, product, device, now } = options;
  const channels = await publishedChannels(store, trust, product);
  const found = channelNamed(channels, product, options.channel);
  const { channel, release, rollout } = found;
  const given = givenTo(found, { id: device }, now)?.version;
  const result = {
    product,
    channel,
    device,
    ...(given === undefined ? {} : { given }),
    recalled: await publishedRecalls(store, trust, product),
  };
  if (!rollout) return result;
  const turn = turnOf(found, device);
  return {
    ...result,
    rollout: {
      release: release.version,
      from: rollout.from.version,
      percent: release.recalled ? 0 : percentAt(rollout, now),
      place: placeOf(release, device),
      ...(turn === undefined ? {} : { turn }),
      ...(rollout.paused === undefined ? {} : { paused: rollout.paused }),
    },
  };
}
