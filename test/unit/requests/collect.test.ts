import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTargets } from '../../../src/repository/parse-targets.ts';
import { verifyRole } from '../../../src/repository/verify.ts';
import { collect, signedRole } from '../../../src/requests/collect.ts';
import type { RoleDocument } from '../../../src/requests/model.ts';
import { reviewRequest } from '../../../src/requests/review.ts';
import { signRequest } from '../../../src/requests/sign.ts';
import { refusal } from '../../support/client.ts';
import { NOW } from '../../support/forge.ts';
import {
  asFile,
  OFFICERS,
  publishedChain,
  RELEASE_OFFICERS,
  releaseRequest,
} from '../../support/requests.ts';

const published = await publishedChain();
const review = reviewRequest(asFile(releaseRequest(published)), published.root.bytes, NOW);
const [one, two, three] = await Promise.all(RELEASE_OFFICERS.map((signer) => signRequest(review, [signer])));
if (!one || !two || !three) throw new Error('there are three officers');
const named = (...responses: readonly (typeof one)[]) =>
  responses.map((response, index) => ({ response, where: `${index}.response` }));

describe('signing', () => {
  it('signs each document that counts the key, once', async () => {
    const signer = RELEASE_OFFICERS[0];
    expect(one.signatures.map(({ document }) => document)).toEqual([0, 1]);
    expect(await signRequest(review, [signer, signer])).toEqual(one);
  });

  it('refuses a key that nothing counts, naming those that do', async () => {
    const error = await refusal(() => signRequest(review, [OFFICERS[0]]));
    expect(error.code).toBe('key-missing');
    expect(error.hint).toContain(RELEASE_OFFICERS[0].publicKey.keyid.slice(0, 16));
  });
});

describe('responses', () => {
  it('say who has signed and who is missing', () => {
    const found = collect(review, named(one));
    expect(found.complete).toBe(false);
    for (const { quorums } of found.documents) {
      expect(quorums).toMatchObject([{ by: 'targets 1', threshold: 2, met: false }]);
      expect(quorums[0]?.signed).toEqual([RELEASE_OFFICERS[0].publicKey.keyid]);
      expect(quorums[0]?.missing).toHaveLength(2);
    }
  });

  it('merge in any order and any number of times to the same', () => {
    const expected = collect(review, named(one, two, three));
    expect(expected.complete).toBe(true);
    const sorted = (found: typeof expected) =>
      found.documents.map(({ signatures }) => [...signatures].sort(([a], [b]) => (a < b ? -1 : 1)));
    fc.assert(
      fc.property(fc.shuffledSubarray([one, two, three, one, two, three], { minLength: 4 }), (some) => {
        fc.pre(new Set(some).size === 3);
        expect(sorted(collect(review, named(...some)))).toEqual(sorted(expected));
      }),
    );
  });

  it('make a role that its keys verify, with the same bytes in any order', () => {
    const document = review.documents[0]?.document as RoleDocument;
    const roleOf = (...responses: readonly (typeof one)[]) =>
      signedRole(document, collect(review, named(...responses)).documents[0]?.signatures ?? new Map());
    const sealed = roleOf(one, three);
    expect(roleOf(three, one)).toEqual(sealed);
    const targets = parseTargets(published.targets.bytes, 'targets').signed;
    const keys = targets.delegations?.keys ?? new Map();
    const delegation = targets.delegations?.roles[0] ?? { keyids: [], threshold: 1 };
    verifyRole(parseTargets(sealed.bytes, 'gateway'), keys, delegation, 'gateway');
  });

  it('with a signature of another document, a damaged one or a foreign key are refused', async () => {
    const [first, second] = one.signatures;
    if (!first || !second) throw new Error('two documents were signed');
    const swapped = { ...one, signatures: [{ ...first, sig: second.sig }] };
    expect((await refusal(() => collect(review, named(swapped)))).code).toBe('signature-invalid');
    const damaged = { ...one, signatures: [{ ...first, sig: first.sig.map((byte) => byte ^ 1) }] };
    expect((await refusal(() => collect(review, named(two, damaged)))).where).toBe('1.response');
    const foreign = { ...one, signatures: [{ ...first, keyid: 'ab'.repeat(32) }] };
    expect((await refusal(() => collect(review, named(foreign)))).code).toBe('response-invalid');
    const beyond = { ...one, signatures: [{ ...first, document: 2 }] };
    expect((await refusal(() => collect(review, named(beyond)))).code).toBe('response-invalid');
  });
});
