import { toHex } from '../core/bytes.ts';
import type { Sealed } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { verifySignature } from '../keys/ed25519.ts';
import { roleFile } from '../repository/build.ts';
import type { Signature } from '../repository/model.ts';
import type { RoleDocument } from './model.ts';
import { isMet, type Quorum } from './quorum.ts';
import type { ResponseSignature, SigningResponse } from './response.ts';
import type { Review, ReviewedDocument } from './review.ts';

/** Signatures of one document, by keyid: each verified. */
export type Signatures = ReadonlyMap<string, Uint8Array>;

/** Who has signed a request, and what it lacks. */
export interface Collected {
  /** In the order of the review's documents. */
  readonly documents: readonly CollectedDocument[];
  readonly complete: boolean;
}

export interface CollectedDocument {
  readonly name: string;
  readonly signatures: Signatures;
  readonly quorums: readonly QuorumState[];
}

export interface QuorumState extends Pick<Quorum, 'by' | 'threshold'> {
  readonly signed: readonly string[];
  readonly missing: readonly string[];
  readonly met: boolean;
}

/**
 * Puts responses together, in whatever order they come and however often: a key signs a document once, and what it signs is the same
 * each time.
 *
 * @throws OtaError `response-foreign` naming both requests, `response-invalid` for a key or document that the request does
 *   not have, `signature-invalid`
 */
export function collect(
  review: Review,
  responses: readonly { readonly response: SigningResponse; readonly where: string }[],
): Collected {
  const signatures = review.documents.map(() => new Map<string, Uint8Array>());
  for (const { response, where } of responses) {
    if (response.request !== review.request) throw foreign(review, response, where);
    for (const item of response.signatures) {
      check(review, item, where);
      const own = signatures[item.document];
      if (own && !own.has(item.keyid)) own.set(item.keyid, item.sig);
    }
  }
  const documents = review.documents.map((document, index) =>
    collected(document, signatures[index] ?? new Map()),
  );
  return { documents, complete: documents.every(({ quorums }) => quorums.every(({ met }) => met)) };
}

function check(review: Review, { keyid, document, sig }: ResponseSignature, where: string): void {
  const item = review.documents[document];
  const key = item?.quorums.flatMap(({ keys }) => keys.get(keyid) ?? [])[0];
  if (!item || !key) {
    throw new OtaError(
      'response-invalid',
      `key ${keyid.slice(0, 16)} does not sign ${item?.name ?? `document ${document}`}`,
      {
        where,
        hint: 'The officer used another key than those that count. Ask who holds the missing ones.',
      },
    );
  }
  if (verifySignature(key, item.message, sig)) return;
  throw new OtaError(
    'signature-invalid',
    `the signature of ${item.name} by key ${keyid.slice(0, 16)} does not verify`,
    {
      where,
      hint: 'Have the officer sign the request again.',
    },
  );
}

function collected({ name, quorums }: ReviewedDocument, signatures: Signatures): CollectedDocument {
  const signed = new Set(signatures.keys());
  return {
    name,
    signatures,
    quorums: quorums.map((quorum) => ({
      by: quorum.by,
      threshold: quorum.threshold,
      signed: [...quorum.keys.keys()].filter((keyid) => signed.has(keyid)),
      missing: [...quorum.keys.keys()].filter((keyid) => !signed.has(keyid)),
      met: isMet(quorum, signed),
    })),
  };
}

/** Signatures as a role's file has them. */
export const roleSignatures = (signatures: Signatures): readonly Signature[] =>
  [...signatures].map(([keyid, sig]) => ({ keyid, sig: toHex(sig) }));

/** The file of a role, with its signatures. */
export const signedRole = ({ signed }: RoleDocument, signatures: Signatures): Sealed =>
  roleFile(signed, roleSignatures(signatures));

const foreign = (review: Review, response: SigningResponse, where: string): OtaError =>
  new OtaError(
    'response-foreign',
    `the response is for the request ${response.request}, and this is the request ${review.request}`,
    { where, hint: 'Give it together with its own request, or have this one signed.' },
  );
