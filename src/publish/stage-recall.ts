import type { Sealed } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { channelsRole } from '../repository/layout.ts';
import { encodeRequest } from '../requests/encode.ts';
import type { RequestContent } from '../requests/model.ts';
import { parseRequest } from '../requests/parse.ts';
import { type Review, reviewRequest } from '../requests/review.ts';
import { planRecall, type RecallOptions, type RecallPlan, recallFiles } from './recall.ts';
import { requestChain } from './request-chain.ts';
import { draftChannels } from './write-channels.ts';

export interface StagedRecall {
  readonly request: Sealed;
  readonly review: Review;
  readonly plan: RecallPlan;
}

/**
 * A recall as a request, for holders of the channels' key who are elsewhere. Nothing is written to the store: the documents are in
 * the request, and `completePublish` writes them.
 *
 * @throws OtaError `release-recalled` where nothing is left to be signed; as `planRecall`
 */
export async function stageRecall(options: RecallOptions): Promise<StagedRecall> {
  const { store, trust, product, now } = options;
  const plan = await planRecall(options);
  const { state, pointers, recall } = plan;
  if (pointers.length === 0) {
    throw new OtaError('release-recalled', `${product} ${recall.version} is recalled so already`, {
      where: `${product} ${recall.version}`,
      hint: 'There is nothing to sign.',
    });
  }
  const { roles } = await draftChannels({ store, state, product, pointers, now });
  const content: RequestContent = {
    chain: await requestChain({ store, trust, state, product }),
    documents: roles.documents.map(({ document }) => ({
      type: 'role',
      role: channelsRole(product),
      signed: document,
    })),
    files: recallFiles(plan),
  };
  const request = encodeRequest(content);
  return { request, review: reviewRequest(parseRequest(request.bytes), content.chain.roots[0], now), plan };
}
