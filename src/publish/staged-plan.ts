import { encodeSignatures, type ManifestSignature } from '../bundle/signatures-region.ts';
import { type Sealed, seal } from '../core/digest.ts';
import { byCodePoint } from '../core/json/canonical.ts';
import type { Seconds } from '../core/time.ts';
import { metadataKey, targetKey } from '../repository/layout.ts';
import type { Signature, Targets } from '../repository/model.ts';
import { parseTargets } from '../repository/parse-targets.ts';
import { type Collected, roleSignatures } from '../requests/collect.ts';
import type { SigningRequest } from '../requests/model.ts';
import type { Store } from '../storage/store.ts';
import { channelsOf, channelTarget, pointsAt } from './channel.ts';
import { channelsDocument } from './documents.ts';
import { isPresent } from './objects.ts';
import type { PlannedRole, PlannedUpload, PublishPlan } from './plan.ts';
import { recallsOf, refuseRecalled } from './recalls.ts';
import type { RepositoryState } from './repository-state.ts';
import { draftRoles, type RoleDraft, rolesPlan, signatoriesOf } from './roles.ts';
import { signaturesKey, signaturesTarget } from './signature-files.ts';
import { type AtHand, checkAtHand } from './signers.ts';
import { checkTargets, isDone, type Staged } from './staged.ts';
import { type NewTarget, sealedTarget } from './targets.ts';
import { wayTo } from './way.ts';

const MAX_ROLE_BYTES = 5 * 2 ** 20;

interface Options {
  readonly request: SigningRequest;
  readonly staged: Staged;
  readonly state: RepositoryState;
  readonly collected: Collected;
  readonly store: Store;
  readonly signers: readonly { readonly publicKey: { readonly keyid: string } }[];
  readonly now: Seconds;
}

/** What completing a staged publication writes, and the signatures that officers gave, by role. */
export interface StagedPlan {
  readonly plan: Pick<PublishPlan, 'uploads' | 'roles'>;
  readonly given: ReadonlyMap<string, readonly Signature[]>;
}

/**
 * Plans what is left of a staged publication: the manifest's signatures, the channel, and the roles. Snapshot and timestamp, and the
 * channel where the request has it not, are signed with the keys at hand.
 *
 * @throws OtaError `release-recalled`, `request-stale`, `signatures-missing`; what the store throws
 */
export async function planStaged(options: Options): Promise<StagedPlan> {
  const { request, staged, state, store, signers, now } = options;
  const { product, documents, roles, release } = staged;
  if (release) refuseRecalled(await recallsOf(state, product), product, release.manifest.version);
  const pointer = release && (await pointerTo(options, release));
  const changes = {
    product: documents.product !== undefined && !isDone(state.product, documents.product),
    channels:
      pointer !== undefined ||
      (documents.channels !== undefined && !isDone(state.channels, documents.channels)),
  };
  if (!changes.product && !changes.channels) return { plan: { uploads: [] }, given: new Map() };
  const drafted = await draftRoles({ store, state, product, changes, now });
  if (!drafted) throw new Error('a change of a role is due');
  const draft = withVersions(drafted, roles);
  const given = await givenSignatures(options, draft);
  checkAtHand(
    atHand(signers),
    signatoriesOf(draft).filter(({ role }) => !given.has(role)),
  );
  const brought = [...request.files].map(([path, bytes]) => sealedTarget(path, seal(bytes)));
  const pointers = pointer ? [pointer] : [];
  await checkTargets(store, state.product?.signed, roles.product, new Set());
  await checkTargets(store, state.channels?.signed, roles.channels, new Set(request.files.keys()));
  const channels =
    documents.channels ??
    (draft.channels &&
      channelsDocument({
        ...draft.channels,
        targets: new Map([...(state.channels?.signed.targets ?? []), ...filesOf(pointers)]),
      }));
  return {
    given,
    plan: {
      uploads: await planUploads(store, [...signatureFiles(options), ...brought, ...pointers]),
      roles: rolesPlan(state, draft, {
        ...(documents.product ? { product: documents.product } : {}),
        ...(channels ? { channels } : {}),
      }),
    },
  };
}

/** The channel's document where the request has it not: what devices pass through is told by what is published now. */
async function pointerTo(
  { request, staged: { product }, state }: Options,
  release: NonNullable<Staged['release']>,
): Promise<NewTarget | undefined> {
  if (request.channel === undefined) return undefined;
  const before = (await channelsOf(state, product)).get(request.channel);
  if (pointsAt(before, release)) return undefined;
  // Who is left behind was asked when it was staged.
  const recalls = await recallsOf(state, product);
  const { through } = await wayTo({ state, head: release, before, recalls });
  return channelTarget(release, request.channel, through);
}

/** Roles in the request have the version and the expiry that officers saw. */
const withVersions = (draft: RoleDraft, roles: Staged['roles']): RoleDraft => ({
  ...draft,
  ...(draft.product ? { product: asSigned(draft.product, roles.product) } : {}),
  ...(draft.channels ? { channels: asSigned(draft.channels, roles.channels) } : {}),
});

const asSigned = (role: PlannedRole, signed: Targets | undefined): PlannedRole =>
  signed ? { ...role, version: signed.version, expires: signed.expires } : role;

/**
 * The officers' signatures of each role that is written. An interrupted run may have written the role with some of them; its file
 * stays as it is.
 */
async function givenSignatures(
  { request, collected, store }: Options,
  draft: RoleDraft,
): Promise<ReadonlyMap<string, readonly Signature[]>> {
  const given = new Map<string, readonly Signature[]>();
  for (const role of [draft.product, draft.channels]) {
    const index = request.documents.findIndex((item) => item.type === 'role' && item.role === role?.role);
    const document = request.documents[index];
    if (!role || document?.type !== 'role') continue;
    const written = await store.read(metadataKey(role.role, role.version), MAX_ROLE_BYTES);
    const before = written && parseTargets(written.bytes, role.role);
    const signatures = roleSignatures(collected.documents[index]?.signatures ?? new Map());
    given.set(role.role, before && isDone(before, document.signed) ? before.signatures : signatures);
  }
  return given;
}

/** The manifest's signatures, as a bundle has them. */
function signatureFiles({
  request,
  staged,
  collected,
}: Options): readonly (NewTarget & { readonly key?: string })[] {
  const { release } = staged;
  const index = request.documents.findIndex((item) => item.type === 'manifest');
  if (!release) return [];
  const { product, version } = release.manifest;
  const id = { product, version, manifestSha256: release.sealed.sha256 };
  const signatures = [...(collected.documents[index]?.signatures ?? [])]
    .map(([keyid, sig]): ManifestSignature => ({ keyid, sig }))
    .sort((a, b) => byCodePoint(a.keyid, b.keyid));
  const target = signaturesTarget(id, regionOf(signatures));
  return [target, { ...target, key: signaturesKey(id) }];
}

const regionOf = (signatures: readonly ManifestSignature[]): Sealed => seal(encodeSignatures(signatures));

async function planUploads(
  store: Store,
  targets: readonly (NewTarget & { readonly key?: string })[],
): Promise<readonly PlannedUpload[]> {
  const uploads: PlannedUpload[] = [];
  for (const { path, file, origin, key = targetKey(path, file.sha256) } of targets) {
    const { length, sha256 } = file;
    // Under the digest of another file stands what an earlier run of the same request left, with some of the signatures.
    const there = key.includes(sha256)
      ? await isPresent(store, key, { length, sha256 })
      : await store.stat(key);
    uploads.push({ key, path, length, sha256, origin, action: there ? 'present' : 'upload' });
  }
  return uploads;
}

const atHand = (signers: Options['signers']): AtHand =>
  new Set(signers.map(({ publicKey }) => publicKey.keyid));

const filesOf = (targets: readonly NewTarget[]) => new Map(targets.map(({ path, file }) => [path, file]));
