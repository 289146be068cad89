import { encodeRequest } from '../requests/encode.ts';
import type { SigningRequest } from '../requests/model.ts';
import { documentsOf } from './documents.ts';
import type { Proposal } from './model.ts';

/**
 * What the holders of the keys are asked to sign to carry out a proposal, with the chain that it follows.
 *
 * @throws OtaError `proposal-empty`; as `readBase`
 */
export function requestFor(proposal: Proposal): SigningRequest {
  const content = { chain: proposal.base, documents: documentsOf(proposal), files: new Map() };
  return { ...content, sealed: encodeRequest(content) };
}
