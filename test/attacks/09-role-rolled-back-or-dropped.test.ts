import { describe, expect, it } from 'vitest';
import { TestClient } from '../support/client.ts';
import { Forge } from '../support/forge.ts';

describe.each(['targets', 'gateway', 'gateway.channels'])('%s in the snapshot', (role) => {
  async function known() {
    const forge = await Forge.make();
    await forge.publish(role);
    const client = new TestClient(forge.store, forge.bytes('root'));
    await client.refresh();
    return { forge, client };
  }

  it('may not go back', async () => {
    const { forge, client } = await known();
    await forge.set('snapshot', ['meta', `${role}.json`], { version: 1 }).announceSnapshot();
    const error = await client.refuses('role-rollback');
    expect(error.message).toBe(`${role} went back from version 2 to 1`);
  });

  it('may not be dropped', async () => {
    const { forge, client } = await known();
    await forge.set('snapshot', ['meta', `${role}.json`], undefined).announceSnapshot();
    const error = await client.refuses('role-unlisted');
    expect(error.where).toBe(role);
  });

  it('may stay and go on', async () => {
    const { forge, client } = await known();
    await forge.announceSnapshot();
    await client.refresh();
    await forge.publish(role);
    expect((await client.refresh()).snapshot.signed.meta.get(role)?.version).toBe(3);
  });
});
