import { beforeAll, describe, expect, it } from 'vitest';
import { DAY } from '../../src/core/time.ts';
import { refreshRepository } from '../../src/publish/refresh.ts';
import { refusal } from '../support/client.ts';
import { NOW } from '../support/forge.ts';
import { ONLINE, update } from '../support/release.ts';
import { faultScenario, imagesOf, slotsOf } from '../support/scenario.ts';
import { Cut, type WritableStore } from '../support/writable-store.ts';

const scenario = await faultScenario();
let published: WritableStore;
/** What a device at 1.0.0 asks for on its way to 1.1.0. */
let asked: readonly string[];
beforeAll(async () => {
  published = scenario.store.copy();
  await scenario.publish('1.1.0', published);
  const store = published.copy();
  await scenario.consistent(scenario.device(), store);
  asked = store.asked.filter((key) => store.objects.has(key));
});

const isDelta = (key: string): boolean => key.endsWith('.otad');

/** A device without a sound delta takes the full payload, and says why. */
async function fallsBack(device: string, store: WritableStore, fellBack: string): Promise<void> {
  const { components } = await update(device, store, scenario.trust);
  expect(components.filter((component) => component.fellBack)).toMatchObject([
    { component: 'radio', action: 'full', fellBack },
  ]);
  expect(slotsOf(device)).toEqual(imagesOf('1.1.0'));
}

describe('an object that metadata names is missing', () => {
  it('and a device stays as it was, says what is missing, and updates once it is there', async () => {
    expect(asked.length).toBeGreaterThan(6);
    expect(asked.filter(isDelta)).toHaveLength(1);
    for (const key of asked) {
      const store = published.copy();
      const bytes = store.objects.get(key) ?? new Uint8Array();
      store.objects.delete(key);
      const device = scenario.device();
      if (isDelta(key)) {
        await fallsBack(device, store, 'target-missing');
        continue;
      }
      const error = await refusal(() => update(device, store, scenario.trust));
      const code = key.startsWith('targets/')
        ? 'target-missing'
        : key.endsWith('timestamp.json')
          ? 'store-missing'
          : 'role-missing';
      expect({ key, code: error.code }).toEqual({ key, code });
      expect(error.where).toBe(code === 'store-missing' ? 'memory:' : key);
      expect(slotsOf(device)).toEqual(imagesOf('1.0.0'));
      store.objects.set(key, bytes);
      expect(await scenario.consistent(device, store)).toBe('1.1.0');
    }
  });

  it('or is another one, and nothing of it is installed', async () => {
    for (const key of asked) {
      const store = published.copy();
      const bytes = store.objects.get(key) ?? new Uint8Array();
      store.objects.set(key, Uint8Array.from(bytes).reverse());
      const device = scenario.device();
      if (isDelta(key)) {
        await fallsBack(device, store, 'digest-mismatch');
        continue;
      }
      const error = await refusal(() => update(device, store, scenario.trust));
      expect(error).toMatchObject({ exitCode: 4 });
      expect(slotsOf(device)).toEqual(imagesOf('1.0.0'));
      store.objects.set(key, bytes);
      expect(await scenario.consistent(device, store)).toBe('1.1.0');
    }
  });
});

it('a publisher does not build on what it cannot verify', async () => {
  const metadata = published.keys('metadata/').filter((key) => /2\.|timestamp/.test(key));
  for (const key of metadata.filter((name) => !name.endsWith('timestamp.json'))) {
    const store = published.copy();
    store.objects.delete(key);
    const before = new Map(store.objects);
    expect(await refusal(() => scenario.publish('1.2.0', store))).toMatchObject({
      code: 'role-missing',
      where: key,
    });
    expect(store.objects).toEqual(before);
  }
});

it('a refresh renews nothing that leads to what is missing or is another object', async () => {
  const refresh = (store: WritableStore) =>
    refreshRepository({
      store,
      trust: scenario.trust,
      atHand: new Set([ONLINE.publicKey.keyid]),
      unlock: async () => [ONLINE],
      force: false,
      now: NOW + 20 * DAY,
      progress: () => {},
    });
  for (const key of published.keys('targets/')) {
    const bytes = published.objects.get(key) ?? new Uint8Array();
    for (const damaged of [undefined, bytes.subarray(1)]) {
      const store = published.copy();
      if (damaged) store.objects.set(key, damaged);
      else store.objects.delete(key);
      const before = new Map(store.objects);
      // The channel of 1.0.0 is an object that nothing lists any more.
      const listed = !(key.includes('/channels/') && !asked.includes(key));
      if (!listed) continue;
      expect(await refusal(() => refresh(store))).toMatchObject({
        code: 'target-missing',
        exitCode: 4,
        faults: [{ where: key }],
      });
      expect(store.objects).toEqual(before);
      store.objects.set(key, bytes);
      expect((await refresh(store)).changed).toBe(true);
    }
  }
});

it('a refresh that is killed after each of its requests leaves what devices take, and completes when run again', async () => {
  let number = 1;
  for (; ; number += 1) {
    const store = published.copy();
    const options = {
      store,
      trust: scenario.trust,
      atHand: new Set([ONLINE.publicKey.keyid]),
      unlock: async () => [ONLINE],
      force: false,
      now: NOW + 20 * DAY,
      progress: () => {},
    };
    store.fate = (at) => (at === number ? 'lose' : 'do');
    const outcome = await refreshRepository(options).catch((error: unknown) => error);
    if (store.requests.length < number) break;
    expect(outcome).toBeInstanceOf(Cut);
    store.fate = () => 'do';
    expect(await scenario.consistent(scenario.device(), store, { now: NOW + 20 * DAY })).toBe('1.1.0');
    await refreshRepository(options);
    expect(await scenario.consistent(scenario.device(), store, { now: NOW + 45 * DAY })).toBe('1.1.0');
  }
  expect(number).toBeGreaterThan(10);
});
