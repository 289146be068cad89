import type { OpenBundle } from '../bundle/open.ts';
import type { Progress } from '../core/progress.ts';
import { metadataKey } from '../repository/layout.ts';
import type { Store, Token } from '../storage/store.ts';
import { applyUploads } from './apply-uploads.ts';
import { commitTimestamp, createMetadata, type UploadStatus } from './objects.ts';
import type { PublishPlan, SignedRole } from './plan.ts';
import { type Sign, signPlan } from './sign-plan.ts';

export interface Applied {
  /** What became of each upload of the plan, in its order. */
  readonly statuses: readonly UploadStatus[];
  /** In the order in which they were written. */
  readonly roles: readonly SignedRole[];
}

/**
 * Does what a plan says, and nothing else. All signatures are there and verified before the first write; then come the
 * uploads, then the roles, each before the one that names it, and the timestamp is replaced last: the one commit point.
 *
 * @param plan of this store
 * @param bundle the one that the plan was made for, where anything of it is to be uploaded
 * @throws OtaError `signatures-missing`, `signature-invalid`; Overtaken; as `applyUploads`
 */
export async function applyPlan(options: {
  readonly plan: Pick<PublishPlan, 'uploads' | 'roles'>;
  readonly sign: Sign;
  readonly store: Store;
  readonly bundle?: OpenBundle;
  readonly progress: Progress;
}): Promise<Applied> {
  const { plan, sign, store } = options;
  const roles = plan.roles ? await signPlan(plan.roles, sign) : [];
  const statuses = await applyUploads(plan.uploads, options);
  await writeRoles(store, roles, plan.roles?.base);
  return { statuses, roles };
}

/**
 * Writes roles in their order; the timestamp, which comes last, replaces the one with the token `base`.
 *
 * @throws Overtaken; what the store throws
 */
export async function writeRoles(
  store: Store,
  roles: readonly SignedRole[],
  base: Token | undefined,
): Promise<void> {
  for (const { role, version, sealed } of roles) {
    if (role === 'timestamp') await commitTimestamp(store, sealed, base);
    else await createMetadata(store, { key: metadataKey(role, version), sealed });
  }
}
