import { checkBundle } from '../bundle/check.ts';
import type { OpenBundle } from '../bundle/open.ts';
import { verifyManifestSignatures } from '../bundle/signatures.ts';
import type { Name } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import { refuseDemoKey } from '../keys/demo.ts';
import { productDelegation } from '../repository/genesis.ts';
import { targetKey } from '../repository/layout.ts';
import type { Trust } from '../repository/trust.ts';
import type { Store } from '../storage/store.ts';
import { channelTarget, checkChannelStep, pointsAt, releaseOf } from './channel.ts';
import { type DeltaOutcome, deltaJobs, type MadeDelta, makeDelta } from './deltas.ts';
import { channelsDocument, productDocument } from './documents.ts';
import { isRenewed, rolesOf } from './expiry.ts';
import { isPresent } from './objects.ts';
import type { PlannedUpload, PublishPlan, RolesPlan } from './plan.ts';
import { checkCounters, isPublished, releasesOf } from './releases.ts';
import { loadState, type RepositoryState } from './repository-state.ts';
import { type Changes, channelKeys, draftRoles, type RoleDraft, rolesPlan, signatoriesOf } from './roles.ts';
import { withSignatures } from './signature-files.ts';
import { type AtHand, checkAtHand } from './signers.ts';
import { deltaTarget, type NewTarget, releaseTargets } from './targets.ts';

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
  /** A folder for images while deltas are made: room for two images and the deltas, which stay there. */
  readonly scratch: string;
  readonly now: Seconds;
  readonly progress: Progress;
  /** The channel may go back to a release that was published before the one that it gives out. */
  readonly rollback?: boolean;
  /** The demo alone may publish with the demo's keys (attack row 46). */
  readonly demo?: boolean;
}

/**
 * Works out what publishing a bundle and pointing a channel at it takes, and writes nothing to the store. The same bundle,
 * store, options and time give the same plan.
 *
 * @throws OtaError `signatures-missing` (bundle or roles), `threshold-unmet`, `release-exists`, `counter-lower`,
 *   `channel-back`, `store-mismatch`; as `checkBundle`, `loadState` and the store
 */
export async function planPublish(options: PlanOptions): Promise<PublishPlan> {
  const { bundle, store, channel, now } = options;
  const { manifest } = bundle;
  const { product } = manifest;
  const state = await listed(store, await loadState(store, options.trust, product, now));
  checkKeys(options, state);

  const published = releasesOf(state.product?.signed);
  const present = isPublished(published, { ...manifest, manifest: bundle.sealed });
  const pointed = pointsAt(state, bundle, channel);
  const from = await releaseOf(state, product, channel);
  const draft = await draftRoles({
    store,
    state,
    product,
    now,
    changes: changesOf(options, state, present, pointed),
  });
  if (draft && !options.awaitsSignatures) checkAtHand(options.atHand, signatoriesOf(draft));
  if (!present) checkCounters(state.product?.signed, manifest.components);
  else if (!pointed && from) {
    checkChannelStep(state, manifest, { channel, from, rollback: options.rollback ?? false });
  }
  // Also of a release that is published already: "nothing to do" would say that this file is sound.
  await checkBundle(bundle, options.progress);

  const { outcomes, made } = present ? { outcomes: [], made: [] } : await makeDeltas(options, state);
  const added = present
    ? []
    : [
        ...releaseTargets(bundle, draft?.product?.version ?? 1, { signatures: !options.unsigned }),
        ...made.map((item) => deltaTarget(bundle, item)),
      ];
  const pointers = pointed ? [] : [channelTarget(bundle, channel)];
  const roles = draft && withDocuments(product, state, draft, { added, pointers });
  return {
    product,
    version: manifest.version,
    channel,
    ...(from === undefined ? {} : { channelFrom: from.version }),
    store: store.url,
    uploads: await planUploads(store, [...added, ...pointers]),
    deltas: outcomes,
    ...(roles ? { roles } : {}),
    kept: keptRoles(state, product, roles),
  };
}

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

const changesOf = (
  { bundle: { manifest }, atHand, now }: PlanOptions,
  state: RepositoryState,
  present: boolean,
  pointed: boolean,
): Changes => ({
  product: !present || isRenewed('product', state.product, state.delegation, atHand, now),
  channels:
    !pointed || isRenewed('channels', state.channels, channelKeys(state, manifest.product).keys, atHand, now),
});

async function makeDeltas(
  options: PlanOptions,
  state: RepositoryState,
): Promise<{ readonly outcomes: readonly DeltaOutcome[]; readonly made: readonly MadeDelta[] }> {
  const { bundle, scratch, progress, deltasFrom } = options;
  const repository = state.live?.repository;
  const role = state.product?.signed;
  const outcomes: DeltaOutcome[] = [];
  const made: MadeDelta[] = [];
  if (!repository) return { outcomes, made };
  for (const job of deltaJobs(role, releasesOf(role), bundle.manifest.components, deltasFrom)) {
    const result = await makeDelta({ job, repository, bundle, scratch, progress });
    outcomes.push(result.outcome);
    if (result.made) made.push(result.made);
  }
  return { outcomes, made };
}

function withDocuments(
  product: Name,
  state: RepositoryState,
  draft: RoleDraft,
  { added, pointers }: { readonly added: readonly NewTarget[]; readonly pointers: readonly NewTarget[] },
): RolesPlan {
  return rolesPlan(state, draft, {
    ...(draft.product
      ? {
          product: productDocument({
            ...draft.product,
            product,
            previous: state.product?.signed,
            added: filesOf(added),
            root: state.root.signed,
          }),
        }
      : {}),
    ...(draft.channels
      ? {
          channels: channelsDocument({
            ...draft.channels,
            previous: state.channels?.signed,
            added: filesOf(pointers),
          }),
        }
      : {}),
  });
}

const filesOf = (targets: readonly NewTarget[]) => new Map(targets.map(({ path, file }) => [path, file]));

async function planUploads(store: Store, targets: readonly NewTarget[]): Promise<readonly PlannedUpload[]> {
  const uploads: PlannedUpload[] = [];
  for (const {
    path,
    file: { length, sha256 },
    origin,
  } of targets) {
    const key = targetKey(path, sha256);
    const action = (await isPresent(store, key, { length, sha256 })) ? 'present' : 'upload';
    uploads.push({ key, path, length, sha256, origin, action });
  }
  return uploads;
}

function keptRoles(state: RepositoryState, product: Name, roles: RolesPlan | undefined) {
  const { given = [], documents = [] } = roles ?? {};
  const online = roles ? [roles.snapshot, roles.timestamp] : [];
  const written = new Set([...given, ...documents, ...online].map(({ role }) => role));
  return rolesOf(state, product).filter(({ role }) => !written.has(role));
}
