import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { diskState } from '../../src/device/client/disk-state.ts';
import { pinRoot } from '../../src/device/client/refresh.ts';
import { TestClient } from '../support/client.ts';
import { Forge, NOW } from '../support/forge.ts';
import { signerNamed } from '../support/signers.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ota-attack-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('does not trust a rejected root after a restart, and goes on from the last good one', async () => {
  const forge = await Forge.make();
  await pinRoot(diskState(folder), forge.bytes('root'), NOW);
  await new TestClient(forge.store, diskState(folder)).refresh();

  forge.signers.set('root', [signerNamed('attacker')]);
  await forge.publish('root');
  for (let restart = 0; restart < 2; restart += 1) {
    const client = new TestClient(forge.store, diskState(folder));
    await client.refuses('threshold-unmet');
    expect(await client.rootVersion()).toBe(1);
  }

  forge.signers.set('root', [forge.root]);
  await forge.write('root');
  const repository = await new TestClient(forge.store, diskState(folder)).refresh();
  expect(repository.root.signed.version).toBe(2);
});
