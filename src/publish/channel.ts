import type { Manifest } from '../bundle/manifest.ts';
import { type Digest, seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import type { TrustedRepository } from '../device/client/repository.ts';
import { type Channel, type ChannelRelease, encodeChannel, parseChannel } from '../repository/channel.ts';
import { channelPath, channelsRole, recallsPath } from '../repository/layout.ts';
import type { Targets } from '../repository/model.ts';
import type { Trust } from '../repository/trust.ts';
import type { ReadStore } from '../storage/store.ts';
import { checkCounters, type PublishedRelease } from './releases.ts';
import { type RepositoryState, readLive } from './repository-state.ts';
import { type NewTarget, sealedTarget } from './targets.ts';

/** A release, as far as a channel names it. */
export interface NamedRelease {
  readonly manifest: Pick<Manifest, 'product' | 'version'>;
  /** Of the manifest's bytes. */
  readonly sealed: Digest;
}

/** A channel's document as a target. */
export const documentTarget = (channel: Channel): NewTarget =>
  sealedTarget(channelPath(channel.product, channel.channel), seal(encodeChannel(channel)));

/** The document that points a channel at a release. */
export function channelTarget(
  { manifest, sealed }: NamedRelease,
  channel: Name,
  through: readonly ChannelRelease[],
): NewTarget {
  const { product, version } = manifest;
  const { length, sha256 } = sealed;
  const release = { version, manifest: { length, sha256 } };
  return documentTarget({ product, channel, release, ...(through.length > 0 ? { through } : {}) });
}

/** Whether a channel gives out a release already, to all devices or to more and more of them. */
export const pointsAt = (channel: Channel | undefined, { manifest, sealed }: NamedRelease): boolean =>
  channel !== undefined &&
  channel.release.version === manifest.version &&
  channel.release.manifest.sha256 === sealed.sha256;

/** Every release that a channel names: that of a rollout, the one before it, and those to pass through. */
export const namedBy = ({ release, rollout, through = [] }: Channel): readonly Version[] => [
  release.version,
  ...(rollout ? [rollout.from.version] : []),
  ...through.map(({ version }) => version),
];

/** What each channel of a product gives out now. @throws OtaError as reading their documents does */
export async function channelsOf(state: RepositoryState, product: Name): Promise<ReadonlyMap<Name, Channel>> {
  const { live, channels } = state;
  const all = live && channels ? await readChannels(live.repository, channels.signed, product) : [];
  return new Map(all.map((channel) => [channel.channel, channel]));
}

/**
 * The channels of a product in a store, by name, whatever has expired.
 *
 * @throws OtaError `role-missing` for a product that is not there; as `readLive`
 */
export async function publishedChannels(
  store: ReadStore,
  trust: Trust,
  product: Name,
): Promise<readonly Channel[]> {
  const { repository } = await readLive(store, trust);
  const { signed } = await repository.role(channelsRole(product));
  const all = await readChannels(repository, signed, product);
  return all.toSorted((a, b) => (a.channel < b.channel ? -1 : 1));
}

/** A channel that is to change in a way that depends on what it gives out, which is something else by now. */
export const channelMoved = (product: Name, channel: Name, to: Version | undefined): OtaError =>
  new OtaError(
    'store-conflict',
    `somebody else changed channel ${channel} meanwhile: it ${to === undefined ? 'is gone' : `gives out ${to} now`}`,
    {
      where: `${product}/channels/${channel}`,
      hint: 'Nothing of it was written. Look at it ("ota channel list"), and run the same command again if it is still what you want.',
    },
  );

/** One of a product's channels. @throws OtaError `channel-missing` with those that there are */
export function channelNamed(channels: readonly Channel[], product: Name, name: Name): Channel {
  const found = channels.find(({ channel }) => channel === name);
  if (found) return found;
  throw new OtaError('channel-missing', `${product} has no channel ${name}`, {
    where: `${product}/channels/${name}`,
    hint: `There are ${channels.map(({ channel }) => channel).join(', ') || 'none'}.`,
  });
}

async function readChannels(
  repository: TrustedRepository,
  role: Targets,
  product: Name,
): Promise<readonly Channel[]> {
  const result: Channel[] = [];
  for (const [path, file] of role.targets) {
    if (path === recallsPath(product)) continue;
    const channel = parseChannel(await repository.read({ ...file, path, role: channelsRole(product) }), path);
    if (path === channelPath(product, channel.channel)) result.push(channel);
  }
  return result;
}

/**
 * A channel goes back to an earlier release only when that is asked for, and never below a security counter of the one that
 * it gives out now: the devices that have that one would refuse (attack row 48).
 *
 * @param to with the version of the product's role that first listed it
 * @throws OtaError `channel-back`, `counter-lower`
 */
export function checkChannelStep(
  role: Targets | undefined,
  to: Pick<Manifest, 'product' | 'version'> & {
    readonly sequence: number;
    readonly components: readonly { readonly name: Name; readonly counter: number }[];
  },
  step: { readonly channel: Name; readonly from: PublishedRelease; readonly rollback: boolean },
): void {
  const { product, version, components, sequence } = to;
  checkCounters(role, components, [step.from]);
  if (step.rollback || sequence > step.from.sequence) return;
  throw new OtaError(
    'channel-back',
    `channel ${step.channel} gives out ${product} ${step.from.version}, which was published after ${version}`,
    {
      where: `${product}/channels/${step.channel}`,
      hint: `To take its devices back to ${version}, say so with --rollback; nothing was changed.`,
    },
  );
}
