import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DAY } from '../../src/core/time.ts';
import { changeChannel, promotion } from '../support/channels.ts';
import { ALL_FAULTS } from '../support/counts.ts';
import { NOW } from '../support/forge.ts';
import { name, STABLE } from '../support/release.ts';
import { discard, faultScenario } from '../support/scenario.ts';
import { Cut, type Fate, WritableStore } from '../support/writable-store.ts';

const scenario = await faultScenario({ copied: true });
const { counts, folder } = scenario;

/** Publishes 1.1.0 to a copy of a store and dies at one request; `undefined` when there are not so many. */
async function diesAt(number: number, fate: Fate, base: WritableStore): Promise<WritableStore | undefined> {
  const store = base.copy();
  store.fate = (at) => (at === number ? fate : 'do');
  const outcome = await scenario.publish('1.1.0', store).catch((error: unknown) => error);
  if (store.requests.length < number) return undefined;
  counts.faults += 1;
  counts.cuts += 1;
  expect(outcome).toBeInstanceOf(Cut);
  expect(store.requests).toHaveLength(number);
  store.fate = () => 'do';
  return store;
}

/** Every third one runs again the next day: what was left has other dates then. */
const later = (number: number) => (number % 3 === 0 ? NOW + DAY : NOW);

describe('a publisher that is killed after each of its requests in turn', () => {
  it('leaves devices the old release or the new one, and completes when run again', async () => {
    const seen: string[] = [];
    for (let number = 1; ; number += 1) {
      const store = await diesAt(number, 'lose', scenario.store);
      if (!store) break;
      const device = scenario.device();
      const found = await scenario.consistent(device, store);
      seen.push(found);
      const now = later(number);
      expect((await scenario.publish('1.1.0', store, { now })).changed).toBe(found === '1.0.0');
      expect(await scenario.consistent(device, store, { now })).toBe('1.1.0');
      discard(device);
    }
    expect(seen.length).toBeGreaterThan(15);
    // Devices see the replacement of the timestamp, which is the last request but for looking at it.
    expect(seen).toEqual([...seen.slice(2).map(() => '1.0.0'), '1.1.0', '1.1.0']);
  });

  it('does so with the very first publication too', async () => {
    let number = 1;
    for (; ; number += ALL_FAULTS ? 1 : 2) {
      const store = await diesAt(number, 'lose', new WritableStore());
      if (!store) break;
      const now = later(number);
      await scenario.publish('1.1.0', store, { now });
      const device = join(folder, `new-${number}`);
      expect(await scenario.consistent(device, store, { now })).toBe('1.1.0');
      discard(device);
    }
    expect(number).toBeGreaterThan(10);
  });
});

it('a promotion that is killed after each of its requests leaves the old or the new, and completes when run again', async () => {
  const base = scenario.store.copy();
  await scenario.publish('1.1.0', base, { channel: name('beta') });
  const promote = (store: WritableStore) =>
    changeChannel({ store, trust: scenario.trust }, STABLE, promotion('beta'));
  const seen: string[] = [];
  for (let number = 1; ; number += 1) {
    const store = base.copy();
    store.fate = (at) => (at === number ? 'lose' : 'do');
    const outcome = await promote(store).catch((error: unknown) => error);
    if (store.requests.length < number) break;
    counts.faults += 1;
    counts.cuts += 1;
    expect(outcome).toBeInstanceOf(Cut);
    store.fate = () => 'do';
    const device = scenario.device();
    const found = await scenario.consistent(device, store);
    seen.push(found);
    expect((await promote(store)).changed).toBe(found === '1.0.0');
    expect(await scenario.consistent(device, store)).toBe('1.1.0');
    discard(device);
  }
  expect(seen.length).toBeGreaterThan(8);
  expect(seen).toEqual([...seen.slice(2).map(() => '1.0.0'), '1.1.0', '1.1.0']);
});

it('a request that fails leaves the store as the one before it did', async () => {
  const whole = scenario.store.copy();
  const states: ReadonlyMap<string, Uint8Array>[] = [];
  whole.fate = () => {
    states.push(new Map(whole.objects));
    return 'do';
  };
  await scenario.publish('1.1.0', whole);
  expect(states.length).toBeGreaterThan(15);
  for (const [index, state] of states.entries()) {
    if (!ALL_FAULTS && index % 3 !== 0) continue;
    const failed = await diesAt(index + 1, 'fail', scenario.store);
    expect(failed?.objects).toEqual(state);
  }
});
