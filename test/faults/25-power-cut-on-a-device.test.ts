import { beforeAll, expect, it, vi } from 'vitest';
import { withDiskFault } from '../support/faulty-fs.ts';
import { filesBelow } from '../support/folder.ts';
import { update } from '../support/release.ts';
import { discard, faultScenario, imagesOf, slotsOf } from '../support/scenario.ts';
import type { WritableStore } from '../support/writable-store.ts';

vi.mock('../../src/storage/lock-owner.ts', async (original) =>
  (await import('../support/restarted.ts')).restarted(
    await original<typeof import('../../src/storage/lock-owner.ts')>(),
  ),
);

const scenario = await faultScenario();
const { counts, folder } = scenario;
let store: WritableStore;
beforeAll(async () => {
  store = scenario.store.copy();
  await scenario.publish('1.1.0', store);
});

/** Slots as they may be found: every one the old image or the new. */
const isWhole = (device: string): void => {
  const [old, fresh] = [imagesOf('1.0.0'), imagesOf('1.1.0')];
  for (const [name, image] of slotsOf(device)) {
    // What a cut leaves beside a slot is none.
    if (!name.startsWith('.')) expect([old.get(name), fresh.get(name)]).toContainEqual(image);
  }
};

it('power is cut at each change to the disk in turn: every slot is old or new, and the next update completes', async () => {
  const actions = new Set<string>();
  let number = 1;
  for (; ; number += 1) {
    const device = scenario.device();
    const { changes } = await withDiskFault('cut', number, () => update(device, store, scenario.trust));
    if (changes.length < number) break;
    isWhole(device);
    counts.faults += 1;
    counts.cuts += 1;
    const report = await update(device, store, scenario.trust);
    for (const { component, action } of report.components) actions.add(`${component} ${action}`);
    expect(slotsOf(device)).toEqual(imagesOf('1.1.0'));
    counts.devices += 1;
    expect([...filesBelow(device).keys()].filter((path) => path.includes('.tmp'))).toEqual([]);
    expect(await update(device, store, scenario.trust)).toMatchObject({ changed: false, downloadedBytes: 0 });
    discard(device);
  }
  expect(number).toBeGreaterThan(40);
  // Cuts before and after each installation: some were found whole and kept.
  expect([...actions].sort()).toEqual(['boot full', 'boot keep', 'radio delta', 'radio keep']);
});

it('power is cut twice, the second time while it recovers', async () => {
  for (const first of [25, 40, 55]) {
    for (let second = 1; second <= 5; second += 1) {
      const device = scenario.device();
      await withDiskFault('cut', first, () => update(device, store, scenario.trust));
      await withDiskFault('cut', second, () => update(device, store, scenario.trust));
      isWhole(device);
      counts.faults += 2;
      counts.cuts += 2;
      expect(await scenario.consistent(device, store)).toBe('1.1.0');
      discard(device);
    }
  }
});

it('power is cut while the first release goes on: the next try completes', async () => {
  for (let number = 1; ; number += 3) {
    const device = `${folder}/new-${number}`;
    const { changes } = await withDiskFault('cut', number, () => update(device, store, scenario.trust));
    if (changes.length < number) break;
    isWhole(device);
    counts.faults += 1;
    counts.cuts += 1;
    expect(await scenario.consistent(device, store)).toBe('1.1.0');
    discard(device);
  }
});
