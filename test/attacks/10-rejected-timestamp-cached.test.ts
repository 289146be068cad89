import { describe, expect, it } from 'vitest';
import { TestClient } from '../support/client.ts';
import { Forge } from '../support/forge.ts';

async function known() {
  const forge = await Forge.make();
  const client = new TestClient(forge.store, forge.bytes('root'));
  await client.refresh();
  return { forge, client };
}

describe('a timestamp that comes with something that is refused', () => {
  it('is not kept where its snapshot is not there', async () => {
    const { forge, client } = await known();
    const honest = forge.signed('timestamp');
    forge.set('timestamp', ['version'], 1000).set('timestamp', ['meta', 'snapshot.json', 'version'], 1000);
    await forge.write('timestamp');
    await client.refuses('role-missing');
    forge.add('timestamp', honest);
    await forge.publish('gateway');
    expect((await client.refresh()).timestamp.signed.version).toBe(2);
  });

  it('is not kept where it has expired', async () => {
    const { forge, client } = await known();
    const honest = forge.signed('timestamp');
    forge.set('timestamp', ['version'], 1000).set('timestamp', ['expires'], '2020-01-01T00:00:00Z');
    await forge.write('timestamp');
    await client.refuses('role-expired');
    forge.add('timestamp', honest);
    await forge.publish('gateway');
    await client.refresh();
  });
});
