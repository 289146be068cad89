import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/core/digest.ts';
import { reviewRequest } from '../../../src/requests/review.ts';
import { signRequest } from '../../../src/requests/sign.ts';
import { type Signed, withMemory } from '../../../src/requests/signed-before.ts';
import { NOW } from '../../support/forge.ts';
import { asFile, publishedChain, RELEASE_OFFICERS, releaseRequest } from '../../support/requests.ts';

const published = await publishedChain();
const review = reviewRequest(asFile(releaseRequest(published)), published.root.bytes, NOW);
const role = review.documents[0];
const warnings = (before: readonly Signed[]) =>
  withMemory(review, before).documents.flatMap(({ changes }) =>
    changes.flatMap(({ what, subject, warning }) => (what === 'signed-before' ? [[subject, warning]] : [])),
  );

describe('what was signed before', () => {
  it('is written as the memory reads it, and the same again is no contradiction', async () => {
    const log: Signed[] = [];
    const signer = RELEASE_OFFICERS[0];
    await signRequest(review, [
      {
        ...signer,
        sign: async (message, subject) => {
          log.push({ what: subject?.what ?? '', sha256: subject?.sha256 ?? sha256(message) });
          return signer.sign(message);
        },
      },
    ]);
    expect(log.map(({ what }) => what)).toEqual(['gateway 2', 'manifest of gateway 1.1.0']);
    expect(warnings(log)).toEqual([]);
    expect(warnings([...log, { what: 'gateway 1', sha256: 'ab' }])).toEqual([]);
  });

  it('marks a version that goes back behind it', () => {
    expect(warnings([{ what: 'gateway 7', sha256: 'ab' }])).toEqual([
      ['gateway 7', expect.stringContaining('older state')],
    ]);
  });

  it('marks other content under the same version', () => {
    expect(warnings([{ what: 'gateway 2', sha256: 'ab' }])).toEqual([
      ['gateway 2', expect.stringContaining('other content')],
    ]);
    expect(warnings([{ what: 'gateway 2', sha256: sha256(role?.message ?? new Uint8Array()) }])).toEqual([]);
  });

  it('of something else does not count', () => {
    for (const what of ['gateway.channels 9', 'root 9', 'manifest of gateway 9', 'gateway 9.0', 'bytes']) {
      expect(warnings([{ what, sha256: 'ab' }])).toEqual([]);
    }
  });
});
