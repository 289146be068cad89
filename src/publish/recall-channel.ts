import type { Channel, ChannelRelease } from '../repository/channel.ts';
import type { Recall } from '../repository/recalls.ts';

/** A release that takes the place of another, and whether it was published after a third. */
export interface Replacement {
  readonly release: ChannelRelease;
  isAfter(other: ChannelRelease): boolean;
}

/**
 * A channel once a release that it may name is recalled.
 *
 * With a replacement, that stands wherever the release stood: devices that have it, and all others, are given that one. Without,
 * the release stays named and is marked: devices that have it stay at it, and no other is given it.
 *
 * No device passes through it any more.
 *
 * @returns the same object where the channel does not name the release
 */
export function recalledIn(channel: Channel, recall: Recall, by: Replacement | undefined): Channel {
  const { product, channel: name, release, rollout } = channel;
  const through = channel.through?.filter(({ version }) => version !== recall.version) ?? [];
  const passed = through.length > 0 ? { through } : {};
  const is = (other: ChannelRelease) => other.version === recall.version;
  const mark = (other: ChannelRelease): ChannelRelease =>
    is(other) ? { ...other, recalled: { at: recall.at, reason: recall.reason } } : other;
  if (!is(release) && !(rollout && is(rollout.from))) {
    return through.length === (channel.through?.length ?? 0)
      ? channel
      : { ...withoutThrough(channel), ...passed };
  }
  if (!by) {
    const marked = { ...withoutThrough(channel), ...passed, release: mark(release) };
    return rollout ? { ...marked, rollout: { ...rollout, from: mark(rollout.from) } } : marked;
  }
  // A rollout goes on from the replacement where it leads past it; else all devices are given that.
  if (rollout && !is(release) && release.version !== by.release.version && !by.isAfter(release)) {
    return { ...withoutThrough(channel), ...passed, rollout: { ...rollout, from: by.release } };
  }
  return { product, channel: name, release: by.release, ...passed };
}

const withoutThrough = ({ through: _, ...channel }: Channel): Channel => channel;
