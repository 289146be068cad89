import { expect, it } from 'vitest';
import { TestClient } from '../support/client.ts';
import { Forge, PAYLOAD_PATH } from '../support/forge.ts';

it('refuses a delegated role that the snapshot does not list, though its file is there', async () => {
  const forge = await Forge.make();
  await forge.set('snapshot', ['meta', 'gateway.json'], undefined).announceSnapshot();
  const client = new TestClient(forge.store, forge.bytes('root'));
  const repository = await client.refresh();
  const error = await client.refuses('role-unlisted', () => repository.find(PAYLOAD_PATH));
  expect(error.where).toBe('gateway');
});

it('refuses a snapshot without the top-level targets', async () => {
  const forge = await Forge.make();
  await forge.set('snapshot', ['meta', 'targets.json'], undefined).announceSnapshot();
  await new TestClient(forge.store, forge.bytes('root')).refuses('role-unlisted');
});

it('accepts the role when it is listed', async () => {
  const forge = await Forge.make();
  const repository = await new TestClient(forge.store, forge.bytes('root')).refresh();
  expect(await repository.find(PAYLOAD_PATH)).toBeDefined();
});
