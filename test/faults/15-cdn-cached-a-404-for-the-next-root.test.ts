import { expect, it, onTestFinished } from 'vitest';
import { httpStore } from '../../src/storage/http.ts';
import { cachingProxy } from '../support/caching-proxy.ts';
import { refusal } from '../support/client.ts';
import { sharedFolder } from '../support/folder.ts';
import { readBackFrom } from '../support/public.ts';
import { ONLINE, RELEASE, seeded } from '../support/release.ts';
import { rotate } from '../support/rotation.ts';
import { makeScenario } from '../support/scenario.ts';

const folder = sharedFolder();
const NEXT_ROOT = 'metadata/2.root.json';

it('the check after publishing fails loudly, and devices update when the cache has forgotten it', async () => {
  const scenario = await makeScenario(folder);
  const { store } = scenario;
  const cdn = await cachingProxy(store);
  onTestFinished(() => cdn.close());
  cdn.faults.keepsMissing = true;
  const seen = httpStore(cdn.url);
  // A device asks for the root after its own before there is one, and the cache keeps that there is none.
  const device = scenario.device();
  expect(await scenario.consistent(device, seen)).toBe('1.0.0');

  const online = seeded(7);
  const trust = await rotate(scenario.trust, {
    timestamp: { signers: [online] },
    snapshot: { signers: [online] },
    by: [RELEASE],
  });
  await scenario.publish('1.1.0', store, { trust, signers: [RELEASE, ONLINE, online] });
  expect(store.objects.has(NEXT_ROOT)).toBe(true);
  const error = await refusal(() => readBackFrom(store, cdn.url, '1.1.0'));
  expect(error).toMatchObject({ code: 'public-missing', exitCode: 6 });
  expect(error.faults).toEqual([{ where: NEXT_ROOT, message: 'is not served' }]);
  expect(error.hint).toContain('must not keep a 404');
  // Without that root a device believes nothing that the new keys signed, and stays as it is.
  expect((await refusal(() => scenario.consistent(device, seen))).exitCode).toBe(4);

  cdn.purge(NEXT_ROOT);
  expect((await readBackFrom(store, cdn.url, '1.1.0')).objects).toBeGreaterThan(9);
  expect(await scenario.consistent(device, seen)).toBe('1.1.0');
});
