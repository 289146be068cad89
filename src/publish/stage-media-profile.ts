import type { Sealed } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { mediaProfileText } from '../repository/media-profile.ts';
import { encodeRequest } from '../requests/encode.ts';
import type { RequestContent } from '../requests/model.ts';
import { parseRequest } from '../requests/parse.ts';
import { type Review, reviewRequest } from '../requests/review.ts';
import { type MediaProfileOptions, planMediaProfile } from './media-profile.ts';
import { requestChain } from './request-chain.ts';

/**
 * A change of a product's media profile as a request, for officers whose keys are elsewhere. Nothing is written to the store:
 * `completePublish` writes the role.
 *
 * @throws OtaError `release-exists` where nothing is left to be signed; as `planMediaProfile`
 */
export async function stageMediaProfile(
  options: MediaProfileOptions,
): Promise<{ readonly request: Sealed; readonly review: Review }> {
  const { store, trust, product, now } = options;
  const { state, after, write } = await planMediaProfile(options);
  if (!write) {
    throw new OtaError('release-exists', `${product} says so already: ${mediaProfileText(after)}`, {
      where: product,
      hint: 'There is nothing to sign.',
    });
  }
  const content: RequestContent = {
    chain: await requestChain({ store, trust, state, product }),
    documents: write.roles.documents.map(({ role, document }) => ({ type: 'role', role, signed: document })),
    files: new Map(),
  };
  const request = encodeRequest(content);
  return { request, review: reviewRequest(parseRequest(request.bytes), content.chain.roots[0], now) };
}
