import { OtaError } from '../core/errors.ts';
import { isVersion, type Name, type Version } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import { refuseDemoKey } from '../keys/demo.ts';
import type { Channel, ChannelRelease, Rollout, RolloutStep } from '../repository/channel.ts';
import { parsePayloadCustom } from '../repository/custom.ts';
import { channelPath, releaseFolder } from '../repository/layout.ts';
import { isDone, pausedAt, resumedAt } from '../repository/rollout.ts';
import type { Trust } from '../repository/trust.ts';
import type { Store } from '../storage/store.ts';
import { findArchived, openArchive } from './archive.ts';
import { channelsOf, checkChannelStep, documentTarget } from './channel.ts';
import { requireVouched } from './expiry.ts';
import { manifestOf } from './field.ts';
import { recallsOf, refuseRecalled } from './recalls.ts';
import { type PublishedRelease, releasesOf } from './releases.ts';
import { loadState, type RepositoryState } from './repository-state.ts';
import type { NewTarget } from './targets.ts';
import { refuseStranded, wayTo } from './way.ts';

/** What is to become of a channel. */
export type ChannelChange =
  | { readonly kind: 'create'; readonly to: string }
  | {
      readonly kind: 'promote';
      readonly to: string;
      readonly rollback: boolean;
      /** Devices with some live releases may stay behind. */
      readonly strand?: boolean;
      /** Steps in which devices are given the release; absent for all at once. */
      readonly steps?: readonly RolloutStep[];
    }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'remove' };

export interface PlanChannelOptions {
  readonly store: Store;
  readonly trust: Trust;
  readonly product: Name;
  readonly channel: Name;
  readonly change: ChannelChange;
  readonly now: Seconds;
}

/** What a change of a channel leads to; nothing is written yet. */
export interface ChannelPlan {
  readonly state: RepositoryState;
  /** What it gives out before; absent for one that is new. */
  readonly from?: Version;
  /** What it is to give out; absent for one that is removed. */
  readonly to?: Version;
  /** How that comes to its devices; absent where all are given it. */
  readonly rollout?: Rollout;
  /** SHA-256 of the channel's document before. */
  readonly before?: string;
  /** False where it is so already. */
  readonly changed: boolean;
  /** Documents that are new. */
  readonly pointers: readonly NewTarget[];
  /** Paths that the channels' role is to list no more, but for those of `pointers`. */
  readonly removed: readonly string[];
}

/**
 * Works out what a change of a channel takes.
 *
 * @throws OtaError `channel-missing`, `channel-exists`, `rollout-missing`, `rollout-running`, `release-missing`,
 *   `release-archived`, `release-recalled`, `channel-back`, `counter-lower`, `releases-stranded`; as `loadState`
 */
export async function planChannel(options: PlanChannelOptions): Promise<ChannelPlan> {
  const { store, trust, product, channel, change, now } = options;
  const state = await loadState(store, trust, product, now);
  for (const keyid of state.root.signed.keys.keys()) refuseDemoKey(keyid, 'the trust');
  requireVouched(state, product);
  const channels = await channelsOf(state, product);
  const before = channels.get(channel);
  if (change.kind === 'create' && before) throw exists(before);
  if (change.kind !== 'create' && !before) throw missing(product, channel, [...channels.keys()]);
  const after = await changed(options, state, channels);
  const pointers = after ? [documentTarget(after)] : [];
  const path = channelPath(product, channel);
  const sha256 = state.channels?.signed.targets.get(path)?.sha256;
  return {
    state,
    ...(before ? { from: before.release.version } : {}),
    ...(after ? { to: after.release.version, ...(after.rollout ? { rollout: after.rollout } : {}) } : {}),
    ...(sha256 === undefined ? {} : { before: sha256 }),
    changed: sha256 !== pointers[0]?.file.sha256,
    pointers,
    removed: [path],
  };
}

/** The channel as it is going to be; `undefined` for one that is removed. */
async function changed(
  options: PlanChannelOptions,
  state: RepositoryState,
  channels: ReadonlyMap<Name, Channel>,
): Promise<Channel | undefined> {
  const { product, channel, change, now } = options;
  const before = channels.get(channel);
  if (change.kind === 'pause' || change.kind === 'resume') {
    if (!before?.rollout) throw noRollout(product, channel);
    const { rollout, release } = before;
    if (change.kind === 'resume' && release.recalled) {
      refuseRecalled([{ ...release, ...release.recalled }], product, release.version);
    }
    if (change.kind === 'resume') return { ...before, rollout: resumedAt(rollout, now) };
    return rollout.paused === undefined ? { ...before, rollout: pausedAt(rollout, now) } : before;
  }
  if (change.kind === 'remove') return undefined;
  const to = await chosenRelease(state, product, channels, change.to);
  refuseRecalled(await recallsOf(state, product), product, to.version);
  const release = { version: to.version, manifest: to.manifest };
  const other = before && before.release.version !== to.version;
  if (other && change.kind === 'promote') {
    checkStepOf(state, to, channel, before.release.version, change.rollback);
  }
  const through = await passedBy(state, product, to, before, options);
  const all = { product, channel, release, ...(through.length > 0 ? { through } : {}) };
  const steps = change.kind === 'promote' ? change.steps : undefined;
  // Without steps, a rollout of the release ends here: all devices are given it.
  if (!before || steps === undefined) return all;
  if (!other) return before;
  if (!isDone(before, now) && !before.release.recalled) throw inRollout(before);
  const passed = union(before.through ?? [], through);
  return {
    ...all,
    rollout: { from: before.release, steps },
    ...(passed.length > 0 ? { through: passed } : {}),
  };
}

/** What is passed through on the way to the release of a rollout, or to the one before it. */
const union = (
  first: readonly ChannelRelease[],
  second: readonly ChannelRelease[],
): readonly ChannelRelease[] => [
  ...first.filter(({ version }) => !second.some((other) => other.version === version)),
  ...second,
];

/** @throws OtaError `releases-stranded` unless that is meant */
async function passedBy(
  state: RepositoryState,
  product: Name,
  to: PublishedRelease,
  before: Channel | undefined,
  { channel, change }: PlanChannelOptions,
): Promise<readonly ChannelRelease[]> {
  const { live } = state;
  if (!live) return [];
  const { sequence, version, manifest: sealed } = to;
  const head = { manifest: await manifestOf(live.repository, to), sealed, sequence };
  const way = await wayTo({ state, head, before, recalls: await recallsOf(state, product) });
  if (!(change.kind === 'promote' && change.strand)) refuseStranded(way.stranded, version, channel);
  return way.through;
}

/** The release that a channel of this name gives out, or else the live one of this version. */
async function chosenRelease(
  state: RepositoryState,
  product: Name,
  channels: ReadonlyMap<Name, Channel>,
  wanted: string,
): Promise<PublishedRelease> {
  const role = state.product?.signed;
  const version = [...channels.values()].find(({ channel }) => channel === wanted)?.release.version ?? wanted;
  const listed = releasesOf(role);
  const found = listed.find((release) => release.version === version);
  if (found) return found;
  const archive = await openArchive(state.live?.repository, role, product);
  const archived = isVersion(version) ? await findArchived(archive, version) : undefined;
  if (archived) {
    throw new OtaError('release-archived', `${product} ${archived.version} is archived`, {
      where: version,
      hint: 'Publish its bundle again, which takes the release keys: "ota archive get" gives it back.',
    });
  }
  throw new OtaError('release-missing', `${product} has no channel and no release ${wanted}`, {
    where: wanted,
    hint: `Live are ${listed.map((release) => release.version).join(', ') || 'none'}; channels are ${[...channels.keys()].join(', ') || 'none'}.`,
  });
}

function checkStepOf(
  state: RepositoryState,
  to: PublishedRelease,
  channel: Name,
  from: Version | undefined,
  rollback: boolean,
): void {
  const role = state.product?.signed;
  const before = releasesOf(role).find(({ version }) => version === from);
  if (!role || !before) return;
  const components = [...role.targets].flatMap(([path, { custom }]) => {
    const isPayload =
      path.startsWith(releaseFolder(to.product, to.version)) && custom?.releaseCounter !== undefined;
    if (!isPayload) return [];
    const { component: name, releaseCounter: counter } = parsePayloadCustom(custom, path);
    return [{ name, counter }];
  });
  checkChannelStep(role, { ...to, components }, { channel, from: before, rollback });
}

const exists = ({ product, channel, release }: Channel): OtaError =>
  new OtaError(
    'channel-exists',
    `${product} has a channel ${channel} already, which gives out ${release.version}`,
    {
      where: `${product}/channels/${channel}`,
      hint: `To give it another release: "ota channel promote RELEASE ${channel}".`,
    },
  );

const missing = (product: Name, channel: Name, channels: readonly Name[]): OtaError =>
  new OtaError('channel-missing', `${product} has no channel ${channel}`, {
    where: `${product}/channels/${channel}`,
    hint: `There are ${channels.join(', ') || 'none'}. To make one: "ota channel create ${channel} RELEASE".`,
  });

const noRollout = (product: Name, channel: Name): OtaError =>
  new OtaError('rollout-missing', `channel ${channel} of ${product} gives its release to all devices`, {
    where: `${product}/channels/${channel}`,
    hint: 'There is no rollout to pause or resume. To take devices back: "ota channel promote VERSION CHANNEL --rollback".',
  });

const inRollout = ({ product, channel, release }: Channel): OtaError =>
  new OtaError(
    'rollout-running',
    `${release.version} has not come to all devices of channel ${channel} yet`,
    {
      where: `${product}/channels/${channel}`,
      hint: `Let its rollout end, or end it now: "ota channel promote ${release.version} ${channel}". Or promote without --rollout.`,
    },
  );
