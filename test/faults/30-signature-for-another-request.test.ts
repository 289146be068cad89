import { expect, it } from 'vitest';
import { collect } from '../../src/requests/collect.ts';
import { reviewRequest } from '../../src/requests/review.ts';
import { signRequest } from '../../src/requests/sign.ts';
import { refusal } from '../support/client.ts';
import { NOW } from '../support/forge.ts';
import {
  asFile,
  listingOf,
  manifestOf,
  publishedChain,
  RELEASE_OFFICERS,
  releaseRequest,
} from '../support/requests.ts';

it('a signature for another request is refused, naming both, and takes nothing from those that are right', async () => {
  const published = await publishedChain();
  const reviewed = (version: string) => {
    const manifest = manifestOf(version);
    const content = releaseRequest(published, { manifest, listing: listingOf(manifest, 2) });
    return reviewRequest(asFile(content), published.root.bytes, NOW);
  };
  const [asked, other] = [reviewed('1.1.0'), reviewed('1.2.0')];
  const [ada, ben] = RELEASE_OFFICERS;
  const right = { response: await signRequest(asked, [ada]), where: 'ada.response' };
  const wrong = { response: await signRequest(other, [ben]), where: 'ben.response' };

  const error = await refusal(() => collect(asked, [right, wrong]));
  expect([error.code, error.exitCode, error.where]).toEqual(['response-foreign', 4, 'ben.response']);
  expect(error.message).toContain(asked.request);
  expect(error.message).toContain(other.request);
  // Under the name of the right request its signatures are still of other documents.
  const renamed = { ...wrong, response: { ...wrong.response, request: asked.request } };
  expect((await refusal(() => collect(asked, [right, renamed]))).code).toBe('signature-invalid');

  const honest = { response: await signRequest(asked, [ben]), where: 'ben.response' };
  expect(collect(asked, [right, honest]).complete).toBe(true);
});
