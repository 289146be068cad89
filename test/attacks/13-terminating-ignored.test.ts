import { expect, it } from 'vitest';
import { TestClient } from '../support/client.ts';
import { delegation, Forge, fileObject, PAYLOAD } from '../support/forge.ts';

const PATH = 'gateway/9.9.9/radio';

/** `targets` delegates the path to `first`, which does not list it, then to `second`, which does. */
async function twoRoles(terminating: boolean) {
  const forge = await Forge.make();
  forge.addTargets('first', {});
  forge.addTargets('second', { [PATH]: fileObject(PAYLOAD) });
  forge.signers.set('first', [forge.release]).set('second', [forge.channels]);
  await forge.write('first');
  await forge.write('second');
  await forge.publish('targets', [
    ['delegations', 'roles'],
    [
      delegation('first', ['gateway/*/*'], forge.release, terminating),
      delegation('second', ['gateway/*/*'], forge.channels, terminating),
    ],
  ]);
  return new TestClient(forge.store, forge.bytes('root')).refresh();
}

it('asks nobody after a terminating role that does not list the path', async () => {
  const repository = await twoRoles(true);
  expect(await repository.find(PATH)).toBeUndefined();
});

it('asks the next role after one that is not terminating', async () => {
  const repository = await twoRoles(false);
  expect((await repository.find(PATH))?.role).toBe('second');
});
