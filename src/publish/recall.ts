import type { Manifest, ManifestComponent } from '../bundle/manifest.ts';
import { parseManifest } from '../bundle/parse-manifest.ts';
import type { Digest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import { refuseDemoKey } from '../keys/demo.ts';
import type { Signer } from '../keys/signer.ts';
import { archiveOrder } from '../repository/archive.ts';
import type { Channel } from '../repository/channel.ts';
import { manifestPath } from '../repository/layout.ts';
import { isReason, type Recall } from '../repository/recalls.ts';
import type { Trust } from '../repository/trust.ts';
import type { Store } from '../storage/store.ts';
import { findArchived, openArchive } from './archive.ts';
import { channelsOf, documentTarget } from './channel.ts';
import { firstToExpire, keptRoles, requireVouched } from './expiry.ts';
import type { RoleVersion } from './plan.ts';
import { rebasing, unlockedOnce } from './rebase.ts';
import { type Replacement, recalledIn } from './recall-channel.ts';
import { recallsOf, recallsTarget, refuseRecalled } from './recalls.ts';
import { releasesOf } from './releases.ts';
import { loadState, type RepositoryState } from './repository-state.ts';
import type { AtHand } from './signers.ts';
import type { NewTarget } from './targets.ts';
import { type Head, refuseStranded, wayTo } from './way.ts';
import { writeChannels } from './write-channels.ts';

export interface RecallOptions {
  readonly store: Store;
  readonly trust: Trust;
  readonly product: Name;
  readonly release: Version;
  /** The release that takes its place; absent where devices stay at what they have. */
  readonly to?: Version;
  readonly reason: string;
  /** Devices with some live releases may stay behind. */
  readonly strand?: boolean;
  readonly now: Seconds;
}

/** What a recall changes: documents, none of them written yet. */
export interface RecallPlan {
  readonly state: RepositoryState;
  readonly recall: Recall;
  /** The channels that named the release, as they were and as they are going to be. */
  readonly channels: readonly { readonly before: Channel; readonly after: Channel }[];
  /** New documents; none where the release is recalled so already. */
  readonly pointers: readonly NewTarget[];
}

export interface RecallReport {
  readonly product: Name;
  readonly store: string;
  readonly recall: Recall;
  /** The channels that named the release, and what they give out now. */
  readonly channels: readonly { readonly channel: Name; readonly to?: Version }[];
  /** False where it was recalled so already. */
  readonly changed: boolean;
  readonly roles: readonly RoleVersion[];
  readonly expiresFirst: RoleVersion;
}

/**
 * Works out what recalling a release takes. Every channel that names it moves to the replacement, or is held, and the product's list
 * of recalls says so, all in one version of the channels' role; nothing that is published is touched.
 *
 * @throws OtaError `reason-invalid`, `release-missing`, `release-recalled` for a replacement that was recalled itself,
 *   `channel-back`, `counter-lower` and `releases-stranded` for one that devices could not go on to; as `loadState`
 */
export async function planRecall(options: RecallOptions): Promise<RecallPlan> {
  const { store, trust, product, release, to, now } = options;
  const reason = parseReason(options.reason);
  const state = await loadState(store, trust, product, now);
  for (const keyid of state.root.signed.keys.keys()) refuseDemoKey(keyid, 'the trust');
  requireVouched(state, product);
  const recalls = await recallsOf(state, product);
  const found = await publishedRelease(state, product, release);
  const earlier = recalls.find(({ version }) => version === found.version);
  const recall: Recall = {
    version: found.version,
    manifest: found.manifest,
    at: earlier?.at ?? now,
    reason,
    ...(to === undefined ? {} : { to }),
  };
  const by = to === undefined ? undefined : await replacement(state, product, found, to, recalls);
  const others = recalls.filter((item) => item !== earlier);
  const channels: { readonly before: Channel; readonly after: Channel }[] = [];
  for (const before of (await channelsOf(state, product)).values()) {
    const after = recalledIn(before, recall, by);
    if (after === before) continue;
    const moved = by !== undefined && after.release.version !== before.release.version;
    const all = { state, recalls: [...others, recall], strand: options.strand ?? false };
    channels.push({ before, after: moved ? await onTheWay(after, before, by, all) : after });
  }
  const documents = [
    ...channels.map(({ after }) => documentTarget(after)),
    recallsTarget(product, [...others, recall]),
  ];
  const pointers = documents.filter(
    ({ path, file }) => state.channels?.signed.targets.get(path)?.sha256 !== file.sha256,
  );
  return { state, recall, channels, pointers };
}

/**
 * Recalls a release with the keys of the channels, of snapshot and timestamp at hand; where another publisher is faster, on top of
 * what that one published.
 *
 * @throws OtaError `signatures-missing`, `store-conflict`; as `planRecall`
 */
export function recallRelease(options: SignedRecallOptions): Promise<RecallReport> {
  const unlock = unlockedOnce(options.unlock);
  return rebasing(() => recallOnce({ ...options, unlock }));
}

export interface SignedRecallOptions extends RecallOptions {
  readonly atHand: AtHand;
  /** Opens the keys; asked for only when there is something to sign. */
  readonly unlock: () => Promise<readonly Signer[]>;
  readonly progress: Progress;
}

async function recallOnce(options: SignedRecallOptions): Promise<RecallReport> {
  const { product, store } = options;
  const { state, recall, channels, pointers } = await planRecall(options);
  const result = { product, store: store.url, recall, channels: channels.map(({ after }) => given(after)) };
  if (pointers.length === 0) {
    const expiresFirst = firstToExpire(keptRoles(state, product, undefined));
    return { ...result, changed: false, roles: [], expiresFirst };
  }
  const { written, kept } = await writeChannels({ ...options, state, pointers });
  return { ...result, changed: true, roles: written, expiresFirst: firstToExpire([...kept, ...written]) };
}

const given = ({ channel, release }: Channel) => ({
  channel,
  ...(release.recalled ? {} : { to: release.version }),
});

/**
 * A channel with what its devices pass through on their way to the replacement, now that the recalled release is none of it.
 *
 * @throws OtaError `releases-stranded` unless that is meant
 */
async function onTheWay(
  after: Channel,
  before: Channel,
  { head }: Replacement & { readonly head: Head },
  { strand, ...field }: Pick<Parameters<typeof wayTo>[0], 'state' | 'recalls'> & { readonly strand: boolean },
): Promise<Channel> {
  const { through, stranded } = await wayTo({ ...field, head, before });
  if (!strand) refuseStranded(stranded, head.manifest.version, after.channel);
  return through.length === 0 ? after : { ...after, through };
}

/** @throws OtaError `reason-invalid` */
function parseReason(text: string): string {
  const reason = text.trim();
  if (isReason(reason)) return reason;
  throw new OtaError('reason-invalid', 'the reason of a recall is one line of 1 to 500 characters', {
    hint: 'Say in a sentence what is wrong with the release: devices and colleagues are shown it.',
  });
}

/** A release that was published once, with its counters. */
interface Published {
  readonly version: Version;
  readonly sequence: number;
  readonly manifest: Digest;
  readonly document: Manifest;
  readonly components: readonly ManifestComponent[];
}

/** @throws OtaError `release-missing` */
async function publishedRelease(
  state: RepositoryState,
  product: Name,
  wanted: Version,
  options: { readonly live?: boolean } = {},
): Promise<Published> {
  const role = state.product?.signed;
  const repository = state.live?.repository;
  const listed = releasesOf(role);
  const archive = await openArchive(repository, role, product);
  const found =
    listed.find(({ version }) => archiveOrder(version, wanted) === 0) ??
    (options.live ? undefined : await findArchived(archive, wanted));
  if (!found || !repository) {
    throw new OtaError(
      'release-missing',
      `${product} has no ${options.live ? 'live ' : ''}release ${wanted}`,
      {
        where: wanted,
        hint: `Live are ${listed.map(({ version }) => version).join(', ') || 'none'}; "ota archive list" lists the others.`,
      },
    );
  }
  const { version, sequence, manifest } = found;
  const path = manifestPath(product, version);
  const bytes = await repository.read({ path, ...digestOf(manifest), role: product });
  const document = parseManifest(bytes, path);
  const { components } = document;
  return { version, sequence, manifest: digestOf(manifest), document, components };
}

async function replacement(
  state: RepositoryState,
  product: Name,
  recalled: Published,
  to: Version,
  recalls: readonly Recall[],
): Promise<Replacement & { readonly head: Head }> {
  const found = await publishedRelease(state, product, to, { live: true });
  refuseRecalled(recalls, product, found.version);
  requireAfter(product, recalled, found);
  const sequences = new Map(
    releasesOf(state.product?.signed).map(({ version, sequence }) => [version, sequence]),
  );
  return {
    release: { version: found.version, manifest: found.manifest },
    head: { manifest: found.document, sealed: found.manifest, sequence: found.sequence },
    isAfter: ({ version }) => found.sequence > (sequences.get(version) ?? 0),
  };
}

/**
 * Devices that have the recalled release go on, never back: the replacement was published after it, and none of its security
 * counters is lower (attack row 48).
 *
 * @throws OtaError `channel-back`, `counter-lower`
 */
function requireAfter(product: Name, recalled: Published, to: Published): void {
  const where = `${product} ${to.version}`;
  const reissue = `Bundle ${to.version} again as a later release with raised counters ("ota bundle --reissue"), publish that, and recall to it; or recall with --stay until then.`;
  const faults = to.components.flatMap(({ name, counter }) => {
    const seen = recalled.components.find((component) => component.name === name)?.counter ?? 0;
    if (counter >= seen) return [];
    return [{ where: name, message: `has counter ${counter}, ${recalled.version} has ${seen}` }];
  });
  if (faults.length > 0) {
    throw new OtaError('counter-lower', `devices that have ${recalled.version} would refuse ${to.version}`, {
      where,
      faults,
      hint: `Nothing was changed. ${reissue}`,
    });
  }
  if (to.sequence > recalled.sequence) return;
  throw new OtaError('channel-back', `${to.version} was not published after ${recalled.version}`, {
    where,
    hint: `Nothing was changed. ${reissue}`,
  });
}

const digestOf = ({ length, sha256 }: Digest): Digest => ({ length, sha256 });
