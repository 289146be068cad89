import { describe, expect, it } from 'vitest';
import { TestClient } from '../support/client.ts';
import { Forge } from '../support/forge.ts';

describe('a root in the place of version 2', () => {
  it.each([1, 3, 4, 2 ** 53 - 1])('is refused when it is version %i', async (version) => {
    const forge = await Forge.make();
    const client = new TestClient(forge.store, forge.bytes('root'));
    const bytes = await forge.set('root', ['version'], version).write('root');
    forge.store.objects.set('metadata/2.root.json', bytes);
    const error = await client.refuses('role-version');
    expect(error.message).toContain(`version ${version}, and 2`);
    expect(await client.rootVersion()).toBe(1);
  });

  it('is accepted when it is version 2', async () => {
    const forge = await Forge.make();
    const client = new TestClient(forge.store, forge.bytes('root'));
    await forge.publish('root');
    expect((await client.refresh()).root.signed.version).toBe(2);
  });
});
