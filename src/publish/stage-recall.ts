import type { Sealed } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Review } from '../requests/review.ts';
import { channelsRequest } from './channels-request.ts';
import { planRecall, type RecallOptions, type RecallPlan } from './recall.ts';

export interface StagedRecall {
  readonly request: Sealed;
  readonly review: Review;
  readonly plan: RecallPlan;
}

/**
 * A recall as a request, for holders of the channels' key who are elsewhere; `completePublish` carries it out.
 *
 * @throws OtaError `release-recalled` where nothing is left to be signed; as `planRecall`
 */
export async function stageRecall(options: RecallOptions): Promise<StagedRecall> {
  const { product } = options;
  const plan = await planRecall(options);
  const { state, pointers, recall } = plan;
  if (pointers.length === 0) {
    throw new OtaError('release-recalled', `${product} ${recall.version} is recalled so already`, {
      where: `${product} ${recall.version}`,
      hint: 'There is nothing to sign.',
    });
  }
  return { ...(await channelsRequest({ ...options, state, pointers })), plan };
}
