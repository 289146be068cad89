import type { Sealed } from '../core/digest.ts';
import { channelsRole } from '../repository/layout.ts';
import type { Trust } from '../repository/trust.ts';
import { encodeRequest } from '../requests/encode.ts';
import type { RequestContent } from '../requests/model.ts';
import { parseRequest } from '../requests/parse.ts';
import { type Review, reviewRequest } from '../requests/review.ts';
import { requestChain } from './request-chain.ts';
import { type ChannelsChange, draftChannels } from './write-channels.ts';

/**
 * A change of the channels as a request, for holders of their key who are elsewhere. Nothing is written to the store: the documents are
 * in the request, and `completePublish` writes them.
 */
export async function channelsRequest(
  change: ChannelsChange & { readonly trust: Trust },
): Promise<{ readonly request: Sealed; readonly review: Review }> {
  const { store, trust, state, product, pointers, now } = change;
  const { roles } = await draftChannels(change);
  const content: RequestContent = {
    chain: await requestChain({ store, trust, state, product }),
    documents: roles.documents.map(({ document }) => ({
      type: 'role',
      role: channelsRole(product),
      signed: document,
    })),
    files: new Map(
      pointers.flatMap(({ path, origin }) => (origin.in === 'memory' ? [[path, origin.bytes] as const] : [])),
    ),
  };
  const request = encodeRequest(content);
  return { request, review: reviewRequest(parseRequest(request.bytes), content.chain.roots[0], now) };
}
