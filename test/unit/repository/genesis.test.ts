import { expect, it } from 'vitest';
import { parseName } from '../../../src/core/names.ts';
import { DAY } from '../../../src/core/time.ts';
import { createTrust, productDelegation } from '../../../src/repository/genesis.ts';
import { verifyTrust } from '../../../src/repository/trust.ts';
import { refusal } from '../../support/client.ts';
import { NOW } from '../../support/forge.ts';
import { signerNamed } from '../../support/signers.ts';

const product = parseName('gateway', 'product');
const [release, online] = [signerNamed('release'), signerNamed('online')];
const trust = () => createTrust({ product, releaseSigner: release, onlineKey: online.publicKey, now: NOW });

it('makes a trust whose product is signed by the release key', async () => {
  const { root, targets } = await trust();
  const read = verifyTrust({ roots: [root.bytes], targetsBytes: targets.bytes }, NOW);
  expect(read.root.signed).toMatchObject({ version: 1, expires: NOW + 730 * DAY, consistentSnapshot: true });
  expect(read.root.signed.roles.timestamp).toEqual({ keyids: [online.publicKey.keyid], threshold: 1 });
  expect(productDelegation(read.targets, product)).toEqual({
    keys: [release.publicKey],
    threshold: 1,
  });
  expect(read.targets.signed.delegations?.roles).toMatchObject([
    { name: 'gateway', terminating: true, paths: ['gateway/*/*'] },
  ]);
});

it('gives the same bytes for the same inputs', async () => {
  expect((await trust()).targets.sha256).toBe((await trust()).targets.sha256);
});

it('refuses targets of another root, an expired trust and a product that it does not know', async () => {
  const { root, targets } = await trust();
  const other = await createTrust({ product, releaseSigner: online, onlineKey: release.publicKey, now: NOW });
  const read = (rootBytes: Uint8Array, targetsBytes: Uint8Array, now = NOW) =>
    refusal(() => verifyTrust({ roots: [rootBytes], targetsBytes }, now));
  expect((await read(root.bytes, other.targets.bytes)).code).toBe('threshold-unmet');
  expect((await read(root.bytes, targets.bytes, NOW + 730 * DAY)).code).toBe('role-expired');
  const verified = verifyTrust({ roots: [root.bytes], targetsBytes: targets.bytes }, NOW);
  const radio = parseName('radio', 'product');
  expect((await refusal(() => productDelegation(verified.targets, radio))).code).toBe('product-unknown');
});
