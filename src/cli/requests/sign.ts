import { basename, dirname, join } from 'node:path';
import { equalBytes } from '../../core/bytes.ts';
import { OtaError } from '../../core/errors.ts';
import type { Seconds } from '../../core/time.ts';
import { readSmallFileIfPresent } from '../../files/read.ts';
import { writeFileAtomic } from '../../files/write.ts';
import { refuseDemoKey } from '../../keys/demo.ts';
import type { Signer } from '../../keys/signer.ts';
import type { SigningResponse } from '../../requests/response.ts';
import { compactResponse, encodeResponse } from '../../requests/response-text.ts';
import { type Review, reviewRequest } from '../../requests/review.ts';
import { signRequest } from '../../requests/sign.ts';
import { withMemory } from '../../requests/signed-before.ts';
import { knownRoot, rememberRoot } from './known-root.ts';
import { signedBefore } from './memory.ts';
import { readRequest } from './read.ts';

export interface SignRequestOptions {
  readonly path: string;
  /** Where the root is remembered. */
  readonly knownRoot: string;
  /** The log of what was signed before. */
  readonly log: string;
  /** The root that a person names at the first time. */
  readonly root?: string;
  /** Where the response goes; beside the request, named after it and the key, where nothing is said. */
  readonly output?: string;
  readonly now: Seconds;
  /** Shows what is about to be signed and asks; throws where it is not to be. */
  readonly confirm: (review: Review, held: string) => Promise<void>;
  /** Opens the keys, after that. */
  readonly open: (review: Review) => Promise<readonly Signer[]>;
}

/** What was signed, and where the response is. */
export interface SignedRequest {
  readonly kind: 'request';
  readonly request: string;
  readonly title: string;
  readonly signed: readonly { readonly document: string; readonly keyid: string }[];
  /** The path of the response. */
  readonly path: string;
  /** The response as a QR code holds it. */
  readonly code: string;
  /** Where the root was remembered now. */
  readonly remembered?: string;
}

/**
 * Reviews a request, has it confirmed, signs it and writes a response. Nothing is written before all of it is signed.
 *
 * @throws OtaError `root-missing` at the first time without a root, `output-exists`; as `reviewRequest`, `signRequest` and `knownRoot`
 */
export async function signRequestFile(options: SignRequestOptions): Promise<SignedRequest> {
  const request = await readRequest(options.path);
  const anchor = await knownRoot(options.knownRoot, options.root);
  const review = withMemory(
    reviewRequest(request, anchor.bytes, options.now),
    await signedBefore(options.log),
  );
  await options.confirm(review, anchor.held);
  const signers = await options.open(review);
  for (const { publicKey } of signers) refuseDemoKey(publicKey.keyid, options.path);
  const response = await signRequest(review, signers);
  const path = options.output ?? responsePath(options.path, signers);
  await writeResponse(path, response);
  const last = request.chain.roots.at(-1);
  const remembered = await rememberRoot(options.knownRoot, last);
  return {
    kind: 'request',
    request: review.request,
    title: review.title,
    signed: response.signatures.map(({ document, keyid }) => ({
      document: review.documents[document]?.name ?? '',
      keyid,
    })),
    path,
    code: compactResponse(response),
    ...(remembered ? { remembered: options.knownRoot } : {}),
  };
}

/** `gateway-2.4.0.55ed8b1a.response` beside `gateway-2.4.0.request`. */
function responsePath(request: string, signers: readonly Signer[]): string {
  const name = basename(request).replace(/\.request$/, '');
  const keys = signers.map(({ publicKey }) => publicKey.keyid.slice(0, 8)).join('.');
  return join(dirname(request), `${name}.${keys}.response`);
}

/** A response never takes another's place; the same one may be there already. */
async function writeResponse(path: string, response: SigningResponse): Promise<void> {
  const bytes = encodeResponse(response);
  try {
    await writeFileAtomic(path, bytes, { exclusive: true });
  } catch (error) {
    if (!(error instanceof OtaError) || error.code !== 'output-exists') throw error;
    const there = await readSmallFileIfPresent(path);
    if (there === undefined || !equalBytes(there, bytes)) throw error;
  }
}
