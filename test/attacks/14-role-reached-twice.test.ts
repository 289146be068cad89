import { expect, it } from 'vitest';
import { TestClient } from '../support/client.ts';
import { delegation, Forge, fileObject, keysObject, PAYLOAD } from '../support/forge.ts';
import { signerNamed } from '../support/signers.ts';

const trusted = signerNamed('trusted by a');
const weak = signerNamed('trusted by b');

/** `targets` delegates to a and b, both of which delegate to `shared`, but by different keys. */
async function diamond(signer: typeof trusted) {
  const forge = await Forge.make();
  const keys = keysObject(trusted, weak, forge.release, forge.channels);
  forge.addTargets('a', {}, [delegation('shared', ['a/*'], trusted)], keys);
  forge.addTargets('b', {}, [delegation('shared', ['b/*'], weak)], keys);
  forge.addTargets('shared', { 'a/x': fileObject(PAYLOAD), 'b/x': fileObject(PAYLOAD) });
  forge.signers.set('a', [forge.release]).set('b', [forge.channels]).set('shared', [signer]);
  for (const role of ['a', 'b', 'shared']) await forge.write(role);
  await forge.publish(
    'targets',
    [
      ['delegations', 'roles'],
      [delegation('a', ['a/*'], forge.release), delegation('b', ['b/*'], forge.channels)],
    ],
    [['delegations', 'keys'], keys],
  );
  const client = new TestClient(forge.store, forge.bytes('root'));
  const repository = await client.refresh();
  // Both delegators are verified and kept before the attack, so that nothing is to be kept during it.
  await repository.role('a');
  await repository.role('b');
  return { client, repository };
}

it('does not lend the authority of one delegator to another, in either order', async () => {
  const { client, repository } = await diamond(weak);
  expect((await repository.find('b/x'))?.role).toBe('shared');
  await client.refuses('threshold-unmet', () => repository.find('a/x'));
  expect((await repository.find('b/x'))?.role).toBe('shared');
});

it('finds what is signed by the key that its delegator names', async () => {
  const { client, repository } = await diamond(trusted);
  expect((await repository.find('a/x'))?.role).toBe('shared');
  await client.refuses('threshold-unmet', () => repository.find('b/x'));
});
