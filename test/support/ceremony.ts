import { beginProposal } from '../../src/ceremony/begin.ts';
import type { Proposal } from '../../src/ceremony/model.ts';
import { requestFor } from '../../src/ceremony/request.ts';
import type { Seconds } from '../../src/core/time.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { publishRotation, type Rotated } from '../../src/publish/rotation/publish.ts';
import { chainOf, readPublished } from '../../src/publish/rotation/published.ts';
import type { Trust } from '../../src/repository/trust.ts';
import type { SigningRequest } from '../../src/requests/model.ts';
import { reviewRequest } from '../../src/requests/review.ts';
import { isNeeded, signRequest } from '../../src/requests/sign.ts';
import type { Store } from '../../src/storage/store.ts';
import { NOW } from './forge.ts';

export interface TestCeremony {
  readonly store: Store;
  readonly trust: Trust;
  readonly edit: (proposal: Proposal) => Proposal;
  /** Who gives a response. */
  readonly by: readonly Signer[];
  /** The online keys at hand when it is published. */
  readonly online: readonly Signer[];
  readonly now?: Seconds;
}

/** The request of a change to what is published now. */
export async function proposed({ store, trust, edit, now = NOW }: TestCeremony): Promise<SigningRequest> {
  return requestFor(edit(beginProposal(chainOf(await readPublished(store, trust)), now)));
}

/** One response from each of those who are asked for it, out of `by`. */
export async function responsesTo(request: SigningRequest, by: readonly Signer[], now: Seconds = NOW) {
  const review = reviewRequest(request, request.chain.roots[0], now);
  const needed = by.filter(({ publicKey }) =>
    review.documents.some((item) => isNeeded(item, publicKey.keyid)),
  );
  return Promise.all(
    needed.map(async (signer) => ({ response: await signRequest(review, [signer]), where: 'a response' })),
  );
}

/** Proposes, signs and publishes a change of keys. */
export async function holdCeremony(ceremony: TestCeremony): Promise<Rotated> {
  const { store, trust, by, online, now = NOW } = ceremony;
  const request = await proposed(ceremony);
  const responses = await responsesTo(request, by, now);
  return publishRotation({ request, responses, store, trust, open: async () => online, now });
}
