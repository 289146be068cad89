import { sha256 } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Signer, Subject } from '../keys/signer.ts';
import type { ResponseSignature, SigningResponse } from './response.ts';
import type { Review, ReviewedDocument } from './review.ts';

/** What the log says of it. */
const subjectOf = ({ name, document }: ReviewedDocument): Subject =>
  document.type === 'manifest'
    ? { what: name, sha256: sha256(document.bytes) }
    : { what: `${name} ${document.signed.version}` };

/** Whether a document counts signatures of a key. */
export const isNeeded = ({ quorums }: ReviewedDocument, keyid: string): boolean =>
  quorums.some(({ keys }) => keys.has(keyid));

/**
 * Signs each document of a request that counts a signer's key.
 *
 * @throws OtaError `key-missing` for a key that no document counts; what the signers throw
 */
export async function signRequest(review: Review, signers: readonly Signer[]): Promise<SigningResponse> {
  const signatures: ResponseSignature[] = [];
  for (const signer of new Map(signers.map((item) => [item.publicKey.keyid, item])).values()) {
    const { keyid } = signer.publicKey;
    requireNeeded(review, keyid);
    for (const [document, item] of review.documents.entries()) {
      if (isNeeded(item, keyid))
        signatures.push({ keyid, document, sig: await signer.sign(item.message, subjectOf(item)) });
    }
  }
  return { request: review.request, signatures };
}

/** @throws OtaError `key-missing` */
export function requireNeeded(review: Review, keyid: string): void {
  if (review.documents.some((item) => isNeeded(item, keyid))) return;
  const needed = new Set(
    review.documents.flatMap(({ quorums }) => quorums.flatMap(({ keys }) => [...keys.keys()])),
  );
  throw new OtaError('key-missing', `${review.title} is not signed with key ${keyid.slice(0, 16)}`, {
    where: review.title,
    hint: `It is signed with some of these: ${[...needed].map((id) => id.slice(0, 16)).join(', ')}.`,
  });
}
