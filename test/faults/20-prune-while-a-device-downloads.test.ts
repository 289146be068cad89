import { beforeAll, expect, it } from 'vitest';
import { DAY } from '../../src/core/time.ts';
import { fileCounts } from '../support/counts.ts';
import { sharedFolder } from '../support/folder.ts';
import { NOW } from '../support/forge.ts';
import { prune, refreshAt, verifiedAt } from '../support/prune.ts';
import { update } from '../support/release.ts';
import { imagesOf, makeScenario, type Scenario, slotsOf } from '../support/scenario.ts';
import type { WritableStore } from '../support/writable-store.ts';

const folder = sharedFolder();
const counts = fileCounts();
const GRACE = 7 * DAY;
let scenario: Scenario;
/** 1.1.0 is current. */
let published: WritableStore;
/** What a device at 1.0.0 asks for on its way there. */
let asked = 0;
beforeAll(async () => {
  scenario = await makeScenario(folder);
  published = scenario.store.copy();
  for (const key of published.objects.keys()) published.times.set(key, NOW);
  published.clock = NOW;
  await scenario.publish('1.1.0', published);
  const store = published.copy();
  await scenario.consistent(scenario.device(), store);
  asked = store.requests.length;
});

/** The next release takes the place of 1.1.0 on every channel and in the role, and the store is pruned as late as it may be asked to. */
async function replaceAndPrune(store: WritableStore, days: number, start = NOW): Promise<void> {
  store.clock = start;
  await scenario.publish('1.2.0', store, {
    keep: { releases: 1, versions: [] },
    deltasFrom: 1,
    now: start,
  });
  for (let at = 20; at < days; at += 20) await refreshAt(store, scenario.trust, start + at * DAY);
  await prune(store, scenario.trust, start + days * DAY, { grace: GRACE });
}

it('a device that began while its timestamp held, finishes, wherever it is and however slow within the grace time', async () => {
  let tried = 0;
  // What was published two months ago is old, and was current until a moment ago all the same.
  const aged = published.copy();
  for (const day of [20, 40, 60]) await refreshAt(aged, scenario.trust, NOW + day * DAY);
  for (const [from, start] of [
    [published, NOW],
    [aged, NOW + 60 * DAY],
  ] as const) {
    for (const days of [1, 29, 36]) {
      for (let number = 1; number <= asked; number += days === 36 ? 1 : 4) {
        const store = from.copy();
        let at = 0;
        store.fate = async (): Promise<'do'> => {
          at += 1;
          if (at !== number) return 'do';
          store.fate = () => 'do';
          await replaceAndPrune(store, days, start);
          return 'do';
        };
        const device = scenario.device();
        const { to } = await update(device, store, scenario.trust, { now: start });
        // Before it has read the timestamp, it may still see the next.
        expect(['1.1.0', '1.2.0']).toContain(to);
        expect(slotsOf(device)).toEqual(imagesOf(to as '1.1.0'));
        tried += 1;
        counts.faults += 1;
        counts.devices += 1;
      }
    }
  }
  expect(tried).toBeGreaterThan(2 * asked);
});

it('a device that went on for longer than that stops without harm, and updates when it starts again', async () => {
  const store = published.copy();
  const now = NOW + 60 * DAY;
  let stopped = false;
  store.fate = async (_, request, key): Promise<'do'> => {
    if (request !== 'stream' || !key.includes('.from.') || stopped) return 'do';
    stopped = true;
    await replaceAndPrune(store, 60);
    expect(store.objects.has(key)).toBe(false);
    return 'do';
  };
  const device = scenario.device();
  // The delta is gone; the full payload is a part of the bundle, which is archived.
  const { to, components } = await update(device, store, scenario.trust);
  expect(components.find(({ component }) => component === 'radio')?.fellBack).toBe('target-missing');
  expect(to).toBe('1.1.0');
  expect(await scenario.consistent(device, store, { now })).toBe('1.2.0');
  expect(await verifiedAt(store, scenario.trust, now)).toMatchObject({ faults: [] });
});
