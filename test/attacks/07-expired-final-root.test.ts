import { expect, it } from 'vitest';
import { formatTime } from '../../src/core/time.ts';
import { TestClient } from '../support/client.ts';
import { Forge, LATER, NOW } from '../support/forge.ts';

it('refuses a chain of roots that ends in an expired one', async () => {
  const forge = await Forge.make();
  const client = new TestClient(forge.store, forge.bytes('root'));
  await forge.publish('root', [['expires'], formatTime(NOW)]);
  const error = await client.refuses('role-expired');
  expect(error.where).toBe('root');
  // It is kept nevertheless, as 5.3.10 has it: keys that it withdrew do not come back.
  expect(await client.rootVersion()).toBe(2);
});

it('walks through expired roots to a valid one', async () => {
  const forge = await Forge.make();
  await forge.set('root', ['expires'], '2020-01-01T00:00:00Z').write('root');
  const client = new TestClient(forge.store, forge.bytes('root'));
  await forge.publish('root', [['expires'], '2021-01-01T00:00:00Z']);
  await forge.publish('root', [['expires'], LATER]);
  expect((await client.refresh()).root.signed.version).toBe(3);
});

it('accepts a root one second before it expires', async () => {
  const forge = await Forge.make();
  await forge.set('root', ['expires'], formatTime(NOW + 1)).write('root');
  await new TestClient(forge.store, forge.bytes('root')).refresh();
});
