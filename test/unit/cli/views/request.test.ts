import { describe, expect, it } from 'vitest';
import { collectedLines, reviewLines } from '../../../../src/cli/views/request.ts';
import { collect } from '../../../../src/requests/collect.ts';
import { reviewRequest } from '../../../../src/requests/review.ts';
import { signRequest } from '../../../../src/requests/sign.ts';
import { NOW } from '../../../support/forge.ts';
import {
  asFile,
  editRole,
  listingOf,
  manifestOf,
  publishedChain,
  RELEASE_OFFICERS,
  releaseRequest,
  role,
  rootDocument,
  targetsDocument,
  withCounter,
} from '../../../support/requests.ts';

const published = await publishedChain();
const show = async (content: Parameters<typeof asFile>[0]): Promise<string> =>
  (
    await reviewLines(reviewRequest(asFile(content), published.root.bytes, NOW), 'the one that you hold')
  ).join('\n');

describe('a request for a person', () => {
  it('names release, versions, counters, hardware, sizes, deltas and the keys that count', async () => {
    const text = await show(releaseRequest(published));
    for (const part of [
      'gateway 1.1.0: a request to sign 2 documents',
      'follows      root 1',
      'points channel stable at it',
      'version 1 → 2',
      'new release gateway 1.1.0',
      'for gw-a1, after 1.0.0',
      'delta of linux from 1.0.0',
      'version of linux 1.0.0 → 1.1.0',
      'signed by 2 of 3, says targets 1',
      RELEASE_OFFICERS[1].publicKey.keyid.slice(0, 16),
    ])
      expect(text).toContain(part);
    expect(text).not.toContain('Do not miss');
  });

  it('says again, last, what must not be missed', async () => {
    const manifest = withCounter(manifestOf('1.1.0'), 2);
    const text = await show(releaseRequest(published, { manifest, at: 7, listing: listingOf(manifest, 7) }));
    const [, end = ''] = text.split('Do not miss (3):');
    expect(end).toContain('gateway: version 1 → 7 (jumps by 6');
    expect(end).toContain('security counter of linux 3 → 2 (is lower');
    expect(end).toContain('security counter of radio 1 → 2');
  });

  it('shows nothing that turns or moves the text on a terminal', async () => {
    const hostile = editRole(
      { ...releaseRequest(published), documents: [role('targets', targetsDocument(2))] },
      'targets',
      ['delegations', 'roles', 0, 'paths', 0],
      'gateway/\u202e*/\u001b[2J*',
    );
    const text = await show(hostile);
    expect(text).toContain('\\u202e');
    expect(text).toContain('\\u001b[2J');
    for (const hidden of ['\u202e', '\u001b']) expect(text).not.toContain(hidden);
  });

  it('of a rotation shows every key with its fingerprint', async () => {
    const text = await show({
      chain: releaseRequest(published).chain,
      files: new Map(),
      documents: [role('root', rootDocument(2, RELEASE_OFFICERS))],
    });
    expect(text).toContain('root 2: a request to sign 1 document');
    expect(text.match(/new key for root [0-9a-f]{16}, fingerprint(?: [0-9a-f]{4}){16}/g)).toHaveLength(6);
    expect(text).toContain('says root 1');
    expect(text).toContain('says root 2');
    expect(text).toContain('stays as it is: targets');
  });

  it('says who has signed and who is missing', async () => {
    const review = reviewRequest(asFile(releaseRequest(published)), published.root.bytes, NOW);
    const [ada, ben] = RELEASE_OFFICERS;
    const responses = [{ response: await signRequest(review, [ada]), where: 'a' }];
    const some = collectedLines(collect(review, responses)).join('\n');
    expect(some).toContain('gateway (targets 1): 1 of 2, not enough');
    expect(some).toMatch(new RegExp(`missing .*${ben.publicKey.keyid.slice(0, 16)}`));
    responses.push({ response: await signRequest(review, [ben]), where: 'b' });
    expect(collectedLines(collect(review, responses)).join('\n')).toContain('Complete');
  });
});
