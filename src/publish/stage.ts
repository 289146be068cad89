import type { Sealed } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { manifestPath, productRole } from '../repository/layout.ts';
import { isArchivePath } from '../requests/archive-changes.ts';
import { isChannelPath } from '../requests/channel-changes.ts';
import { encodeRequest } from '../requests/encode.ts';
import type { RequestContent, RequestDocument } from '../requests/model.ts';
import { parseRequest } from '../requests/parse.ts';
import { type Review, reviewRequest } from '../requests/review.ts';
import { applyPlan } from './apply.ts';
import { type PlanOptions, planPublish } from './make-plan.ts';
import type { UploadStatus } from './objects.ts';
import type { PublishPlan, RoleDocument } from './plan.ts';
import { loadState } from './repository-state.ts';
import { requestChain } from './request-chain.ts';
import { canSign } from './signers.ts';

export type StageOptions = Omit<PlanOptions, 'awaitsSignatures' | 'unsigned' | 'applied'>;

export interface StageReport {
  readonly request: Sealed;
  readonly review: Review;
  readonly plan: PublishPlan;
  /** What became of each upload of the plan, in its order. */
  readonly statuses: readonly UploadStatus[];
}

/**
 * Prepares a publication for officers whose keys are elsewhere: payloads and deltas go into the store, where no role names them yet,
 * and everything that has to be signed, the bundle's manifest too, into one request. A device sees nothing of it.
 *
 * @throws OtaError `release-exists` where nothing is left to be signed; as `planPublish` and `applyPlan`
 */
export async function stagePublish(options: StageOptions): Promise<StageReport> {
  const { store, trust, bundle, channel, now, atHand } = options;
  const { product, version } = bundle.manifest;
  const plan = await planPublish({ ...options, applied: true, awaitsSignatures: true, unsigned: true });
  const offline =
    plan.roles?.documents.filter(
      ({ role, keys }) => role === productRole(product) || !canSign(atHand, keys),
    ) ?? [];
  if (offline.length === 0) throw nothingToSign(plan);
  const state = await loadState(store, trust, product, now);
  const online = plan.roles?.documents.filter((role) => !offline.includes(role)) ?? [];
  // That of a release which is published already is signed.
  const isNew = plan.uploads.some(({ path }) => path === manifestPath(product, version));
  const content: RequestContent = {
    chain: await requestChain({ store, trust, state, product }),
    documents: [
      ...offline.map(roleOf),
      ...(isNew ? [{ type: 'manifest', bytes: bundle.sealed.bytes } as const] : []),
    ],
    files: smallFiles(plan, offline),
    // The channel is set when the request is published, by the key that is at hand there.
    ...(online.length === 0 ? {} : { channel }),
  };
  const request = encodeRequest(content);
  // What an officer's machine is going to check is checked here first.
  const review = reviewRequest(parseRequest(request.bytes), content.chain.roots[0], now);
  const { statuses } = await applyPlan({
    ...options,
    plan: { uploads: plan.uploads },
    sign: async () => [],
  });
  return { request, review, plan, statuses };
}

const roleOf = ({ role, document }: RoleDocument): RequestDocument => ({
  type: 'role',
  role,
  signed: document,
});

/** Documents of channels and of the archive, whose digests officers sign. */
function smallFiles(plan: PublishPlan, offline: readonly RoleDocument[]): ReadonlyMap<string, Uint8Array> {
  const listed = (path: string) =>
    offline.some(({ document }) => Object.hasOwn(document.targets as object, path));
  return new Map(
    plan.uploads.flatMap(({ path, origin }) =>
      origin.in === 'memory' && (isChannelPath(path) || isArchivePath(path)) && listed(path)
        ? [[path, origin.bytes] as const]
        : [],
    ),
  );
}

const nothingToSign = ({ product, version, channel }: PublishPlan): OtaError =>
  new OtaError(
    'release-exists',
    `${product} ${version} is published already, and nothing of it is for officers to sign`,
    {
      hint: `Run the same without --stage to point channel ${channel} at it.`,
    },
  );
