import { expect, it } from 'vitest';
import { DAY } from '../../../src/core/time.ts';
import { verifyTrust } from '../../../src/repository/trust.ts';
import { refusal } from '../../support/client.ts';
import { NOW } from '../../support/forge.ts';
import { makeTrust, RELEASE } from '../../support/release.ts';
import { rotate } from '../../support/rotation.ts';
import { signerNamed } from '../../support/signers.ts';

const [alice, bob] = [signerNamed('alice'), signerNamed('bob')];
const first = await makeTrust();
const second = await rotate(first, { root: { signers: [alice] }, by: [RELEASE, alice] });
const third = await rotate(second, {
  root: { signers: [bob] },
  targets: { signers: [bob] },
  by: [alice, bob],
});

it('follows the roots to the last, and takes the targets on its authority', () => {
  const { roots, root, targets } = verifyTrust(third, NOW);
  expect(roots.map(({ signed }) => signed.version)).toEqual([1, 2, 3]);
  expect(root.signed.roles.root.keyids).toEqual([bob.publicKey.keyid]);
  expect(targets.signed.version).toBe(3);
});

it('begins at whatever root is the first that is held', () => {
  const { root } = verifyTrust({ ...third, roots: third.roots.slice(1) }, NOW);
  expect(root.signed.version).toBe(3);
});

it('refuses a root that the one before it did not sign, and one that is skipped', async () => {
  const forged = await rotate(first, { root: { signers: [bob] }, by: [bob] });
  expect((await refusal(() => verifyTrust(forged, NOW))).code).toBe('threshold-unmet');
  const [one, , three] = third.roots as [Uint8Array, Uint8Array, Uint8Array];
  // Root 3 is not signed by the keys of root 1, so this is refused before its version is looked at.
  expect((await refusal(() => verifyTrust({ ...third, roots: [one, three] }, NOW))).code).toBe(
    'threshold-unmet',
  );
  const same = await rotate(await rotate(first, { by: [RELEASE] }), { by: [RELEASE] });
  const skipped = [same.roots[0], same.roots[2]] as Uint8Array[];
  expect((await refusal(() => verifyTrust({ ...same, roots: skipped }, NOW))).code).toBe('role-version');
  expect(verifyTrust(same, NOW).root.signed.version).toBe(3);
});

it('refuses targets of before the rotation when their keys were changed', async () => {
  const stale = { ...third, targetsBytes: second.targetsBytes };
  expect((await refusal(() => verifyTrust(stale, NOW))).code).toBe('threshold-unmet');
});

it('refuses a last root that has expired, whatever came before it', async () => {
  expect((await refusal(() => verifyTrust(third, NOW + 700 * DAY))).code).toBe('role-expired');
  expect((await refusal(() => verifyTrust({ ...third, roots: [] }, NOW))).code).toBe('root-missing');
});
