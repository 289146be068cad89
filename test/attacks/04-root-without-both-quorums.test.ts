import { describe, expect, it } from 'vitest';
import { TestClient } from '../support/client.ts';
import { Forge, keysObject, roleObject } from '../support/forge.ts';
import { signerNamed } from '../support/signers.ts';

const next = signerNamed('next root');

async function rotated(signers: (forge: Forge) => readonly ReturnType<typeof signerNamed>[]) {
  const forge = await Forge.make();
  const client = new TestClient(forge.store, forge.bytes('root'));
  forge.signers.set('root', signers(forge));
  await forge.publish(
    'root',
    [['keys'], keysObject(next, forge.targets, forge.online)],
    [['roles', 'root'], roleObject(next)],
  );
  return client;
}

describe('a new root', () => {
  it('is refused without the old quorum', async () => {
    const client = await rotated(() => [next]);
    await client.refuses('threshold-unmet');
    expect(await client.rootVersion()).toBe(1);
  });

  it('is refused without the new quorum', async () => {
    const client = await rotated((forge) => [forge.root]);
    await client.refuses('threshold-unmet');
    expect(await client.rootVersion()).toBe(1);
  });

  it('is accepted with both', async () => {
    const client = await rotated((forge) => [forge.root, next]);
    expect((await client.refresh()).root.signed.version).toBe(2);
  });
});
