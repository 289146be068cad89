import { OtaError } from '../core/errors.ts';
import { isVersion, type Name, type Version } from '../core/names.ts';
import { type Progress, silent } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import { refuseDemoKey } from '../keys/demo.ts';
import type { Signer } from '../keys/signer.ts';
import { parsePayloadCustom } from '../repository/custom.ts';
import { channelPath, releaseFolder } from '../repository/layout.ts';
import type { Targets } from '../repository/model.ts';
import type { Trust } from '../repository/trust.ts';
import type { Store } from '../storage/store.ts';
import { applyPlan } from './apply.ts';
import { findArchived, openArchive } from './archive.ts';
import { channelsOf, channelTarget, checkChannelStep } from './channel.ts';
import { channelsDocument } from './documents.ts';
import { firstToExpire, isVouched, keptRoles } from './expiry.ts';
import type { RoleVersion } from './plan.ts';
import { type PublishedRelease, releasesOf } from './releases.ts';
import { loadState, type RepositoryState } from './repository-state.ts';
import { draftRoles, rolesPlan, signatoriesOf } from './roles.ts';
import { type AtHand, checkAtHand, keyring, signWith } from './signers.ts';
import type { NewTarget } from './targets.ts';
import { planUploads } from './uploads.ts';

/** What is to become of a channel. */
export type ChannelChange =
  | { readonly kind: 'create' | 'promote'; readonly to: string; readonly rollback: boolean }
  | { readonly kind: 'remove' };

export interface SetChannelOptions {
  readonly store: Store;
  readonly trust: Trust;
  readonly product: Name;
  readonly channel: Name;
  readonly change: ChannelChange;
  /** The keys that there will be to sign with. */
  readonly atHand: AtHand;
  /** Opens them; asked for only when there is something to sign. */
  readonly unlock: () => Promise<readonly Signer[]>;
  readonly now: Seconds;
  readonly progress?: Progress;
}

export interface ChannelReport {
  readonly product: Name;
  readonly channel: Name;
  readonly store: string;
  /** What it gave out before; absent for one that is new. */
  readonly from?: Version;
  /** What it gives out now; absent for one that is removed. */
  readonly to?: Version;
  readonly changed: boolean;
  readonly roles: readonly RoleVersion[];
  readonly expiresFirst: RoleVersion;
}

/**
 * Points a channel at a release that is published already, or takes the channel away. Nothing of the release is signed or
 * sent again: the channel's key chooses among what the release keys made genuine, so what was tested on one channel is what another
 * gives out, byte for byte.
 *
 * @throws OtaError `channel-missing`, `channel-exists`, `release-missing`, `release-archived`, `channel-back`, `counter-lower`,
 *   `signatures-missing`, `store-conflict`; as `loadState`
 */
export async function setChannel(options: SetChannelOptions): Promise<ChannelReport> {
  const { store, trust, product, channel, change, atHand, now, progress = silent } = options;
  const state = await loadState(store, trust, product, now);
  for (const keyid of state.root.signed.keys.keys()) refuseDemoKey(keyid, 'the trust');
  requireVouched(state, product);
  const channels = await channelsOf(state, product);
  const from = channels.get(channel)?.release.version;
  if (change.kind === 'create' && from !== undefined) throw exists(product, channel, from);
  if (change.kind !== 'create' && from === undefined) throw missing(product, channel, [...channels.keys()]);
  const to = change.kind === 'remove' ? undefined : await chosenRelease(state, product, channels, change.to);
  const result = {
    product,
    channel,
    store: store.url,
    ...(from === undefined ? {} : { from }),
    ...(to ? { to: to.version } : {}),
  };
  if (to && to.version === from) {
    return {
      ...result,
      changed: false,
      roles: [],
      expiresFirst: firstToExpire(keptRoles(state, product, undefined)),
    };
  }
  if (to) checkStepOf(state, to, channel, from, change.kind !== 'remove' && change.rollback);
  const draft = await draftRoles({ store, state, product, now, changes: { product: false, channels: true } });
  if (!draft?.channels) throw new Error('a change of the channels is due');
  checkAtHand(atHand, signatoriesOf(draft));
  const pointers = to ? [channelTarget({ manifest: to, sealed: to.manifest }, channel)] : [];
  const targets = targetsWith(state.channels?.signed, channelPath(product, channel), pointers);
  const roles = rolesPlan(state, draft, { channels: channelsDocument({ ...draft.channels, targets }) });
  const applied = await applyPlan({
    plan: { uploads: await planUploads(store, pointers), roles },
    sign: signWith(keyring(await options.unlock())),
    store,
    progress,
  });
  const written = applied.roles.map(({ role, version, expires }) => ({ role, version, expires }));
  return {
    ...result,
    changed: true,
    roles: written,
    expiresFirst: firstToExpire([...keptRoles(state, product, roles), ...written]),
  };
}

/** The release that a channel of this name gives out, or else the live one of this version. */
async function chosenRelease(
  state: RepositoryState,
  product: Name,
  channels: Awaited<ReturnType<typeof channelsOf>>,
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

function targetsWith(before: Targets | undefined, path: string, pointers: readonly NewTarget[]) {
  const targets = new Map(before?.targets);
  targets.delete(path);
  for (const pointer of pointers) targets.set(pointer.path, pointer.file);
  return targets;
}

/** After a change of the release keys the product's role has to be signed anew before anything beside it is. */
function requireVouched(state: RepositoryState, product: Name): void {
  if (isVouched(state)) return;
  throw new OtaError(
    'threshold-unmet',
    `the present release keys have not signed the role of ${product} yet`,
    {
      where: product,
      hint: 'Publish with them first; until then devices refuse the role.',
    },
  );
}

const exists = (product: Name, channel: Name, version: Version): OtaError =>
  new OtaError('channel-exists', `${product} has a channel ${channel} already, which gives out ${version}`, {
    where: `${product}/channels/${channel}`,
    hint: `To give it another release: "ota channel promote RELEASE ${channel}".`,
  });

const missing = (product: Name, channel: Name, channels: readonly Name[]): OtaError =>
  new OtaError('channel-missing', `${product} has no channel ${channel}`, {
    where: `${product}/channels/${channel}`,
    hint: `There are ${channels.join(', ') || 'none'}. To make one: "ota channel create ${channel} RELEASE".`,
  });
