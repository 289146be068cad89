import { mkdirSync } from 'node:fs';
import { withOpenBundle } from '../../src/bundle/files.ts';
import { silent } from '../../src/core/progress.ts';
import type { Seconds } from '../../src/core/time.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { type CompleteReport, completePublish } from '../../src/publish/complete.ts';
import { type StageOptions, type StageReport, stagePublish } from '../../src/publish/stage.ts';
import { signRole } from '../../src/repository/build.ts';
import type { Trust } from '../../src/repository/trust.ts';
import { parseRequest } from '../../src/requests/parse.ts';
import type { SigningResponse } from '../../src/requests/response.ts';
import { reviewRequest } from '../../src/requests/review.ts';
import { signRequest } from '../../src/requests/sign.ts';
import type { Store } from '../../src/storage/store.ts';
import { NOW } from './forge.ts';
import { KEEP, STABLE } from './release.ts';
import { OFFICERS, ONLINE_KEY, rootDocument, targetsDocument } from './requests.ts';

/** A product whose releases two of three officers sign; channels, snapshot and timestamp are signed online. */
export async function officersTrust(): Promise<Trust> {
  const root = await signRole(rootDocument(1), OFFICERS);
  const targets = await signRole(targetsDocument(1), OFFICERS);
  return { roots: [root.bytes], targetsBytes: targets.bytes };
}

/** Stages a bundle file on `stable`, with the online key at hand, unless told otherwise. */
export async function stageFile(
  path: string,
  options: Pick<StageOptions, 'store' | 'trust' | 'scratch'> & Partial<StageOptions>,
): Promise<StageReport> {
  mkdirSync(options.scratch, { recursive: true });
  return withOpenBundle(path, (bundle) =>
    stagePublish({
      atHand: new Set([ONLINE_KEY.publicKey.keyid]),
      channel: STABLE,
      deltasFrom: 3,
      keep: KEEP,
      now: NOW,
      progress: silent,
      ...options,
      bundle,
    }),
  );
}

/** What an officer gives back, from the file that was carried there. */
export const respond = (
  { request }: Pick<StageReport, 'request'>,
  { roots }: Trust,
  signer: Signer,
): Promise<SigningResponse> =>
  signRequest(reviewRequest(parseRequest(request.bytes), roots[0], NOW), [signer]);

/** Publishes a staged request with these responses and the online key, unless told otherwise. */
export const complete = (
  { request }: Pick<StageReport, 'request'>,
  responses: readonly SigningResponse[],
  {
    signers = [ONLINE_KEY],
    ...options
  }: { store: Store; trust: Trust; signers?: readonly Signer[]; now?: Seconds },
): Promise<CompleteReport> =>
  completePublish({
    request: parseRequest(request.bytes),
    responses: responses.map((response, index) => ({ response, where: `${index}.response` })),
    atHand: new Set(signers.map(({ publicKey }) => publicKey.keyid)),
    unlock: async () => signers,
    now: NOW,
    progress: silent,
    ...options,
  });
