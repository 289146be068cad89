import { describe, expect, it } from 'vitest';
import { DAY, formatTime } from '../../../src/core/time.ts';
import { channelsDocument, firstChannels, productDocument } from '../../../src/publish/documents.ts';
import type { Targets } from '../../../src/repository/model.ts';
import { verifyTrust } from '../../../src/repository/trust.ts';
import { NOW } from '../../support/forge.ts';
import { makeTrust, ONLINE, PRODUCT } from '../../support/release.ts';

const file = (letter: string) => ({ length: 1, sha256: letter.repeat(64) });
const listed = (letter: string) => ({ hashes: { sha256: letter.repeat(64) }, length: 1 });
const { root } = verifyTrust(await makeTrust(), NOW);
const previous = (targets: Targets['targets'], rest: Partial<Targets> = {}): Targets => ({
  type: 'targets',
  version: 4,
  expires: 0,
  targets,
  ...rest,
});

describe('a product’s role', () => {
  const options = {
    product: PRODUCT,
    version: 5,
    root: root.signed,
    expires: NOW + 365 * DAY,
    targets: new Map([['new', file('b')]]),
  };

  it('lists the targets that it is given, with its version and expiry', () => {
    expect(productDocument({ ...options, previous: undefined })).toMatchObject({
      _type: 'targets',
      version: 5,
      expires: formatTime(NOW + 365 * DAY),
      targets: { new: listed('b') },
    });
  });

  it('delegates its channels first to the online key, and later to whom it did before', () => {
    const online = { keyids: [ONLINE.publicKey.keyid], threshold: 1 };
    const first = productDocument({ ...options, previous: undefined });
    expect(first.delegations).toEqual({
      keys: { [ONLINE.publicKey.keyid]: expect.anything() },
      roles: [{ name: 'gateway.channels', paths: ['gateway/channels/*'], terminating: true, ...online }],
    });
    const delegations = { keys: new Map(), roles: [] };
    expect(
      productDocument({ ...options, previous: previous(new Map(), { delegations }) }).delegations,
    ).toEqual({
      keys: {},
      roles: [],
    });
  });
});

it('a product’s role keeps what it does not know of the one before', () => {
  const document = productDocument({
    product: PRODUCT,
    version: 5,
    root: root.signed,
    expires: NOW,
    targets: new Map(),
    previous: previous(new Map(), { unknown: { 'x-theirs': 1 } }),
  });
  expect(document).toMatchObject({ 'x-theirs': 1, version: 5 });
});

it('a channels role lists channels and delegates to nobody', () => {
  const document = channelsDocument({
    version: 2,
    targets: new Map([
      ['beta', file('a')],
      ['stable', file('b')],
    ]),
    expires: NOW,
  });
  expect(document).toMatchObject({ version: 2, targets: { beta: listed('a'), stable: listed('b') } });
  expect(document).not.toHaveProperty('delegations');
  expect(firstChannels(PRODUCT, root.signed).roles[0]).toMatchObject({ keyids: [ONLINE.publicKey.keyid] });
});
