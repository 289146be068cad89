import { checkImages, checkParts } from '../bundle/check.ts';
import type { ManifestComponent } from '../bundle/manifest.ts';
import type { OpenBundle } from '../bundle/open.ts';
import { verifyManifestSignatures } from '../bundle/signatures.ts';
import { sameDigest } from '../core/digest.ts';
import type { Name } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import type { DeltaMaker } from '../delta/choose/choose.ts';
import { refuseDemoKey } from '../keys/demo.ts';
import type { ChannelRelease } from '../repository/channel.ts';
import { productDelegation } from '../repository/genesis.ts';
import { archivePath, signaturesPath } from '../repository/layout.ts';
import type { TargetFile, Targets } from '../repository/model.ts';
import type { Trust } from '../repository/trust.ts';
import type { Store } from '../storage/store.ts';
import { changeArchive, isOf, retiringReleases } from './archive.ts';
import { channelTarget } from './channel.ts';
import { makeDeltas } from './deltas.ts';
import { channelsDocument, productDocument } from './documents.ts';
import { isRenewed, isVouched, keptRoles } from './expiry.ts';
import { type KeepPolicy, leavingReleases } from './live.ts';
import type { PublishPlan, RolesPlan } from './plan.ts';
import { componentOf, type PublishedRelease, releasesOf } from './releases.ts';
import { loadState, type RepositoryState } from './repository-state.ts';
import { channelKeys, draftRoles, type RoleDraft, rolesPlan, signatoriesOf } from './roles.ts';
import { withSignatures } from './signature-files.ts';
import { type AtHand, checkAtHand } from './signers.ts';
import { checkStep, isSecurityUpdate, namedOnce, type Standing, standingOf } from './standing.ts';
import { deltaTarget, type NewTarget, releaseTargets } from './targets.ts';
import { planUploads } from './uploads.ts';
import { refuseStranded, type WayTo, wayTo } from './way.ts';

export interface PlanOptions {
  readonly bundle: OpenBundle;
  readonly store: Store;
  readonly trust: Trust;
  /** The keys that there will be to sign with. */
  readonly atHand: AtHand & Iterable<string>;
  /** Signatures of other keys will come too, so that missing keys are no reason to refuse. */
  readonly awaitsSignatures?: boolean;
  /** The manifest is signed in one go with the role that lists it, so the bundle needs no signatures and none are listed. */
  readonly unsigned?: boolean;
  readonly channel: Name;
  /** Deltas are made from this many of the last releases. */
  readonly deltasFrom: number;
  /** With what deltas are made; in this thread, and without a cache, where it is left out. */
  readonly maker?: DeltaMaker;
  /** Whether all that was tried for deltas is to be told. */
  readonly explain?: boolean;
  /** Which releases stay live; as many of the last as deltas are made from always do. */
  readonly keep: KeepPolicy;
  /** A folder for images while deltas are made: room for two images and the deltas, which stay there. */
  readonly scratch: string;
  readonly now: Seconds;
  readonly progress: Progress;
  /** The channel may go back to a release that was published before the one that it gives out. */
  readonly rollback?: boolean;
  /** Devices with some live releases may stay behind. */
  readonly strand?: boolean;
  /** The plan is applied next: what is sent is hashed then, and what the store has already is not read. */
  readonly applied?: boolean;
  /** The demo alone may publish with the demo's keys (attack row 46). */
  readonly demo?: boolean;
}

/**
 * Works out what publishing a bundle and pointing a channel at it takes, and writes nothing to the store. The same bundle,
 * store, options and time give the same plan.
 *
 * @throws OtaError `signatures-missing` (bundle or roles), `threshold-unmet`, `release-exists`, `counter-lower`,
 *   `channel-back`, `releases-stranded`, `store-mismatch`; `digest-mismatch`, `payload-invalid`; as `loadState` and the store
 */
export async function planPublish(options: PlanOptions): Promise<PublishPlan> {
  const { bundle, store, channel, now, atHand } = options;
  const { product, version } = bundle.manifest;
  const state = await listed(store, await loadState(store, options.trust, product, now));
  checkKeys(options, state);
  const standing = await standingOf(state, bundle, channel);
  const { present, pointed } = standing;
  const changes = {
    product:
      !present || isRenewed('product', state.product, state.delegation, atHand, now) || !isVouched(state),
    channels:
      !pointed || isRenewed('channels', state.channels, channelKeys(state, product).keys, atHand, now),
  };
  const draft = await draftRoles({ store, state, product, changes, now });
  if (draft && !options.awaitsSignatures) checkAtHand(atHand, signatoriesOf(draft));
  checkStep(state, standing, bundle, { channel, rollback: options.rollback ?? false });
  await checkImages(bundle, newPayloads(bundle.manifest.components, state.product?.signed), options.progress);

  const way = pointed ? NO_WAY : await wayOf(options, state, standing);
  const { repository } = state.live ?? {};
  const deltas = present
    ? NO_DELTAS
    : await makeDeltas({ ...options, repository, role: state.product?.signed });
  const release = present
    ? []
    : [
        ...releaseTargets(bundle, standing.sequence ?? draft?.product?.version ?? 1, {
          signatures: !options.unsigned,
          security: isSecurityUpdate(state, standing, bundle),
        }),
        ...deltas.made.map((made) => deltaTarget(bundle, made)),
      ];
  const { leaving, archiving } = draft?.product
    ? await archiveOthers(options, state, standing, way.through)
    : { leaving: [], archiving: [] };
  const pointers = pointed ? [] : [channelTarget(bundle, channel, way.through)];
  const roles = draft && withDocuments(product, state, draft, { leaving, release, archiving, pointers });
  const targets = [...release, ...archiving, ...pointers];
  const uploads = await planUploads(store, targets, state.product?.signed.targets);
  if (!options.applied) await checkParts(bundle, options.progress);
  return {
    product,
    version,
    channel,
    ...(standing.from === undefined ? {} : { channelFrom: standing.from.version }),
    store: store.url,
    uploads,
    deltas: deltas.outcomes,
    archived: leaving.map((item) => item.version),
    through: way.through.map((release) => release.version),
    stranded: way.stranded,
    ...(roles ? { roles } : {}),
    kept: keptRoles(state, product, roles),
  };
}

/** A payload that a signed role gives the same image was decompressed when it was published. */
function newPayloads(
  components: readonly ManifestComponent[],
  role: Targets | undefined,
): readonly ManifestComponent[] {
  const releases = releasesOf(role);
  return components.filter(
    ({ name, payload, image }) =>
      !releases.some((release) => {
        const published = role && componentOf(role, release, name);
        return published && sameDigest(published.target, payload) && sameDigest(published.image, image);
      }),
  );
}

const NO_WAY: WayTo = { through: [], stranded: [] };

/** @throws OtaError `releases-stranded` unless that is meant */
async function wayOf(
  { bundle, channel, strand }: PlanOptions,
  state: RepositoryState,
  { sequence, channels, recalls }: Standing,
): Promise<WayTo> {
  const { version } = bundle.manifest;
  const head = { ...bundle, ...(sequence === undefined ? {} : { sequence }) };
  const way = await wayTo({ state, head, before: channels.get(channel), recalls });
  if (!strand) refuseStranded(way.stranded, version, channel);
  return way;
}

const NO_DELTAS = { outcomes: [], made: [] };

/** What is published, with the signatures that its product's role could not list yet. */
async function listed(store: Store, state: RepositoryState): Promise<RepositoryState> {
  if (!state.product) return state;
  const signed = await withSignatures(store, state.product.signed);
  return { ...state, product: { ...state.product, signed } };
}

/** The bundle's signatures count by the keys that the targets role gives its product; none of the keys is the demo's. */
function checkKeys({ bundle, demo, atHand, unsigned }: PlanOptions, state: RepositoryState): void {
  const { keys, threshold } = productDelegation(state.targets, bundle.manifest.product);
  if (!demo) {
    for (const keyid of atHand) refuseDemoKey(keyid, 'the keys at hand');
    for (const keyid of [...state.root.signed.keys.keys(), ...keys.map((key) => key.keyid)]) {
      refuseDemoKey(keyid, 'the trust');
    }
  }
  if (unsigned) return;
  const releaseKeys = new Map(keys.map((key) => [key.keyid, key]));
  verifyManifestSignatures(bundle.sealed.bytes, bundle.signatures.bytes, releaseKeys, threshold);
}

/** Which releases leave the product's role now that it is signed, and the archive with them in it. */
async function archiveOthers(
  { bundle: { manifest }, channel, keep, deltasFrom, now }: PlanOptions,
  state: RepositoryState,
  standing: Standing,
  through: readonly ChannelRelease[],
): Promise<{ readonly leaving: readonly PublishedRelease[]; readonly archiving: readonly NewTarget[] }> {
  const { listed, archive, archived, recalls, present } = standing;
  // Deltas are made from what the role lists, and the release itself is one of the last.
  const releases = Math.max(keep.releases, deltasFrom, 1) - (present ? 0 : 1);
  const passed = through.map((release) => release.version);
  const named = new Set([...namedOnce(standing, channel, manifest.version), ...passed]);
  const role = state.product?.signed;
  // One whose signatures were never found could not be verified later: it stays.
  const leaving = leavingReleases(listed, named, { ...keep, releases }).filter((release) =>
    role?.targets.has(signaturesPath(release.product, release.version)),
  );
  const returning = archived ? [archived.version] : [];
  if (!role) return { leaving, archiving: [] };
  const retiring = await retiringReleases({
    archive,
    role,
    leaving,
    repository: state.live?.repository,
    policy: keep.archived,
    published: listed.length + (present ? 0 : 1),
    returning,
    now,
  });
  const archiving = await changeArchive({ archive, role, leaving, returning, recalls, retiring, now });
  return { leaving, archiving };
}

function withDocuments(
  product: Name,
  state: RepositoryState,
  draft: RoleDraft,
  changes: {
    readonly leaving: readonly PublishedRelease[];
    readonly release: readonly NewTarget[];
    readonly archiving: readonly NewTarget[];
    readonly pointers: readonly NewTarget[];
  },
): RolesPlan {
  const { leaving, release, archiving, pointers } = changes;
  const previous = state.product?.signed;
  const left = isOf(leaving);
  const kept = [...(previous?.targets ?? [])].filter(([path]) => !left(path));
  // The pages of the archive are found through its index, so that the role does not grow with them.
  const index = archiving.filter(({ path }) => path === archivePath(product));
  const targets = new Map([...kept, ...filesOf(release), ...filesOf(index)]);
  const channels = new Map([...(state.channels?.signed.targets ?? []), ...filesOf(pointers)]);
  return rolesPlan(state, draft, {
    ...(draft.product
      ? {
          product: productDocument({ ...draft.product, product, targets, previous, root: state.root.signed }),
        }
      : {}),
    ...(draft.channels ? { channels: channelsDocument({ ...draft.channels, targets: channels }) } : {}),
  });
}

const filesOf = (targets: readonly NewTarget[]) =>
  targets.map(({ path, file }): readonly [string, TargetFile] => [path, file]);
