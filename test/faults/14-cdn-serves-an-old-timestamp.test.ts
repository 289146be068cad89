import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { httpStore } from '../../src/storage/http.ts';
import { type CachingProxy, cachingProxy } from '../support/caching-proxy.ts';
import { refusal } from '../support/client.ts';
import { sharedFolder } from '../support/folder.ts';
import { readBackFrom } from '../support/public.ts';
import { imagesOf, makeScenario, type Scenario, slotsOf } from '../support/scenario.ts';
import type { WritableStore } from '../support/writable-store.ts';

const folder = sharedFolder();
const TIMESTAMP = 'metadata/timestamp.json';
let scenario: Scenario;
let store: WritableStore;
let cdn: CachingProxy;
beforeAll(async () => {
  scenario = await makeScenario(folder);
  store = scenario.store;
  cdn = await cachingProxy(store);
});
afterAll(() => cdn.close());
beforeEach(() => cdn.purge());

it('devices see the old release, whole, and the check after publishing fails loudly until the cache follows', async () => {
  const seen = httpStore(cdn.url);
  cdn.faults.ignoresNoCache = true;
  const device = scenario.device();
  expect(await scenario.consistent(device, seen)).toBe('1.0.0');
  expect(await readBackFrom(store, cdn.url, '1.0.0')).toMatchObject({ warnings: [] });

  await scenario.publish('1.1.0', store);
  const error = await refusal(() => readBackFrom(store, cdn.url, '1.1.0'));
  expect(error).toMatchObject({ code: 'public-stale', exitCode: 6 });
  expect(error.faults).toEqual([{ where: TIMESTAMP, message: 'is an older or another one' }]);
  expect(error.message).toContain('it is published');
  expect(await scenario.consistent(device, seen)).toBe('1.0.0');
  expect(slotsOf(device)).toEqual(imagesOf('1.0.0'));

  cdn.purge(TIMESTAMP);
  expect((await readBackFrom(store, cdn.url, '1.1.0')).objects).toBeGreaterThan(8);
  expect(await scenario.consistent(device, seen)).toBe('1.1.0');
});

it('a cache that follows within seconds is waited for', async () => {
  cdn.faults.ignoresNoCache = true;
  await readBackFrom(store, cdn.url);
  await scenario.publish('1.2.0', store);
  let waited = 0;
  const report = await readBackFrom(store, cdn.url, '1.2.0', async () => {
    waited += 1;
    if (waited === 3) cdn.purge(TIMESTAMP);
  });
  expect(waited).toBe(3);
  expect(report.objects).toBeGreaterThan(8);
});

it('a cache that asks each time serves the new one at once; one that is not told to is warned of', async () => {
  cdn.faults.ignoresNoCache = false;
  expect((await readBackFrom(store, cdn.url)).warnings).toEqual([]);
  const headers = store.headers.get(TIMESTAMP) ?? expect.fail('there is a timestamp');
  store.headers.set(TIMESTAMP, { contentType: 'text/plain', cacheControl: 'max-age=3600' });
  expect((await readBackFrom(store, cdn.url)).warnings).toEqual([
    expect.stringContaining('Cache-Control "max-age=3600": set "no-cache"'),
    expect.stringContaining('Content-Type "text/plain": set "application/json"'),
  ]);
  store.headers.set(TIMESTAMP, headers);
});

it('an object that is missing, or is another one, is named', async () => {
  cdn.faults.ignoresNoCache = false;
  const [payload = ''] = store.keys('targets/gateway/1.2.0/').filter((key) => key.endsWith('.radio'));
  const bytes = store.objects.get(payload) ?? new Uint8Array();
  cdn.purge();
  store.objects.delete(payload);
  const missing = await refusal(() => readBackFrom(store, cdn.url, '1.2.0'));
  expect(missing).toMatchObject({ code: 'public-missing', exitCode: 6 });
  expect(missing.faults).toEqual([{ where: payload, message: 'is not served' }]);
  store.objects.set(payload, Uint8Array.from(bytes).reverse());
  const other = await refusal(() => readBackFrom(store, cdn.url, '1.2.0'));
  expect(other).toMatchObject({
    code: 'public-stale',
    faults: [{ where: payload, message: 'is another object' }],
  });
  store.objects.set(payload, bytes);
});
