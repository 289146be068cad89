import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DAY, formatTime } from '../../src/core/time.ts';
import { diskState } from '../../src/device/client/disk-state.ts';
import { pinRoot } from '../../src/device/client/refresh.ts';
import { TestClient } from '../support/client.ts';
import { Forge, NOW } from '../support/forge.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ota-attack-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function device(forge: Forge) {
  await pinRoot(diskState(folder), forge.bytes('root'), NOW);
  return new TestClient(forge.store, diskState(folder));
}

it('refuses a timestamp older than the one of an earlier run', async () => {
  const forge = await Forge.make();
  const old = new Map(forge.store.objects);
  await forge.publish('gateway');
  await (await device(forge)).refresh();
  for (const [key, bytes] of old) forge.store.objects.set(key, bytes);
  const error = await (await device(forge)).refuses('role-rollback');
  expect(error.message).toBe('timestamp went back from version 2 to 1');
});

it('refuses a new timestamp that names an older snapshot', async () => {
  const forge = await Forge.make();
  await forge.publish('gateway');
  await (await device(forge)).refresh();
  forge.set('timestamp', ['version'], 9).set('timestamp', ['meta', 'snapshot.json'], { version: 1 });
  await forge.write('timestamp');
  const error = await (await device(forge)).refuses('role-rollback');
  expect(error.where).toBe('snapshot');
});

it('still knows an expired timestamp of an earlier run', async () => {
  const forge = await Forge.make();
  const old = forge.bytes('timestamp');
  await forge.publish('gateway');
  await forge.set('timestamp', ['expires'], formatTime(NOW + 1)).write('timestamp');
  await (await device(forge)).refresh();
  forge.store.objects.set('metadata/timestamp.json', old);
  await (await device(forge)).refuses('role-rollback', async () => (await device(forge)).refresh(NOW + DAY));
});

it('accepts the same version again and the next one', async () => {
  const forge = await Forge.make();
  await (await device(forge)).refresh();
  await (await device(forge)).refresh();
  await forge.publish('gateway');
  expect((await (await device(forge)).refresh()).timestamp.signed.version).toBe(2);
});
