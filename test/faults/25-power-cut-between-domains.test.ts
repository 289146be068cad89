import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { unmet } from '../../src/bundle/transition/parts.ts';
import { deviceFolder, loadDevice } from '../../src/device/device.ts';
import { fileCounts } from '../support/counts.ts';
import { withDiskFault } from '../support/faulty-fs.ts';
import { sharedFolder } from '../support/folder.ts';
import { GATEWAY_VERSIONS, type GatewayVersion, gatewayImages, gatewayRelease } from '../support/gateway.ts';
import { makeBundle, makeTrust, publishFile, update } from '../support/release.ts';
import { discard, slotsOf } from '../support/scenario.ts';
import { WritableStore } from '../support/writable-store.ts';

/** After a power cut the machine has another start; here every claim of a lock is of its own. */
vi.mock('../../src/storage/lock-owner.ts', async (original) => {
  const real = await original<typeof import('../../src/storage/lock-owner.ts')>();
  let starts = 0;
  return {
    ...real,
    thisOwner: async () => {
      starts += 1;
      return { ...(await real.thisOwner()), boot: `start-${starts}` };
    },
  };
});

const folder = sharedFolder();
const counts = fileCounts();
const trust = await makeTrust();
/** What the store has once each release is published, and a device that took it then. */
const stores = new Map<GatewayVersion, WritableStore>();
const device = (version: GatewayVersion): string => join(folder, `at-${version}`);

beforeAll(async () => {
  const store = new WritableStore();
  for (const version of GATEWAY_VERSIONS) {
    const path = await makeBundle(folder, gatewayRelease(version));
    await publishFile(path, { store, trust, scratch: join(folder, 'scratch') });
    stores.set(version, store.copy());
    await through(device(version), store);
  }
});

/** An update with all the restarts that it takes. */
const through = (at: string, store: WritableStore) => update(at, store, trust, { playReboots: true });

/** What a machine that starts now would run: the parts in its slots, by the device's own record. */
async function startsSound(at: string): Promise<void> {
  const recorded = await loadDevice(deviceFolder(at));
  if (!recorded || recorded.installing) return;
  const parts = [...recorded.components].map(([name, { version, requires, provides }]) => ({
    name,
    version,
    requires,
    provides,
  }));
  expect(unmet(parts)).toEqual([]);
  for (const [name, { image, slot }] of recorded.components) {
    const found = readFileSync(join(at, 'slots', slot));
    expect([name, found.length], name).toEqual([name, image.length]);
  }
}

/** With OTA_FAULTS=all power is cut at each of the changes; else at every 17th, beginning with another one for each pair. */
const EVERY = process.env.OTA_FAULTS === 'all' ? 1 : 17;

const pairs = GATEWAY_VERSIONS.flatMap((from, index) =>
  GATEWAY_VERSIONS.slice(index + 1).map((to): [GatewayVersion, GatewayVersion] => [from, to]),
);

describe('power is cut at each change to the disk of an update of several domains', () => {
  it.each(pairs.map(([from, to], index) => [from, to, (index % EVERY) + 1] as const))(
    'from %s to %s: only states that work, and in the end the new release',
    async (from, to, first) => {
      const store = stores.get(to);
      if (!store) throw new Error(`${to} was not published`);
      const at = join(folder, 'cut');
      let states = 0;
      for (let number = first; ; number += EVERY) {
        cpSync(device(from), at, { recursive: true });
        const { changes } = await withDiskFault('cut', number, () => through(at, store));
        if (changes.length < number) break;
        counts.faults += 1;
        counts.cuts += 1;
        await startsSound(at);
        states += 1;
        const report = await through(at, store);
        expect(report.to).toBe(to);
        expect(slotsOf(at)).toEqual(gatewayImages(to));
        counts.devices += 1;
        discard(at);
      }
      discard(at);
      expect(states).toBeGreaterThan(40 / EVERY);
    },
    EVERY === 1 ? 900_000 : 120_000,
  );
});

it('a device from before a change that nobody proved it for is led through what the channel names', async () => {
  const at = join(folder, 'led');
  cpSync(device('1.0.0'), at, { recursive: true });
  const store = stores.get('2.1.0') as WritableStore;
  expect(await update(at, store, trust)).toMatchObject({ to: '2.0.0', toward: '2.1.0' });
  discard(at);
  cpSync(device('1.0.0'), at, { recursive: true });
  const report = await through(at, store);
  // From the parts of 2.0.0 that it has after a restart it can go on directly: it never had all of that.
  expect(report).toMatchObject({ from: '1.0.0', to: '2.1.0' });
  expect(report).not.toHaveProperty('passed');
  expect(slotsOf(at)).toEqual(gatewayImages('2.1.0'));
});

it('each start of a device ends with the step that asks for it, and installs nothing more until the next one', async () => {
  const at = join(folder, 'starts');
  cpSync(device('1.1.0'), at, { recursive: true });
  const store = stores.get('2.0.0') as WritableStore;
  const installed = () => {
    const [old, fresh] = [gatewayImages('1.1.0'), gatewayImages('2.0.0')];
    return [...slotsOf(at)]
      .filter(([name, image]) => !old.get(name)?.equals(image) && fresh.get(name)?.equals(image))
      .map(([name]) => name);
  };
  const first = await update(at, store, trust, { boot: 'a' });
  const rest = ['kernel', 'modules', 'rtos', 'radio', 'app'];
  expect(first).toMatchObject({ changed: true, rebootRequired: { after: ['boot'], left: rest } });
  expect(installed()).toEqual(['boot']);
  await startsSound(at);
  // The same start: it waits, whatever the store says.
  const again = await update(at, new WritableStore(), trust, { boot: 'a' });
  expect(again).toMatchObject({ changed: false, from: '1.1.0', to: '2.0.0', downloadedBytes: 0 });
  expect(again.rebootRequired).toEqual(first.rebootRequired);
  expect(installed()).toEqual(['boot']);
  const second = await update(at, store, trust, { boot: 'b' });
  expect(second).toMatchObject({
    downloadedBytes: 0,
    rebootRequired: { after: ['kernel'], left: ['radio', 'app'] },
  });
  expect(installed()).toEqual(['boot', 'kernel', 'modules', 'rtos']);
  await startsSound(at);
  const third = await update(at, store, trust, { boot: 'c' });
  expect(third).not.toHaveProperty('rebootRequired');
  expect(third).toMatchObject({ from: '1.1.0', to: '2.0.0', downloadedBytes: 0 });
  expect(slotsOf(at)).toEqual(gatewayImages('2.0.0'));
});

it('power is cut while a step is switched that asks for a restart: what ends the switch has to restart as well', async () => {
  const store = stores.get('2.0.0') as WritableStore;
  const at = join(folder, 'switched');
  const cutAt = async (number: number) => {
    cpSync(device('1.1.0'), at, { recursive: true });
    return withDiskFault('cut', number, () => update(at, store, trust, { boot: 'a' }));
  };
  const switched = (await cutAt(1000)).changes.indexOf('rename boot') + 1;
  discard(at);
  for (const number of [switched - 1, switched, switched + 1, switched + 2]) {
    await cutAt(number);
    expect((await loadDevice(deviceFolder(at)))?.installing, `${number}`).toBeDefined();
    const report = await update(at, store, trust, { boot: 'b' });
    expect(report).toMatchObject({ changed: false, rebootRequired: { after: ['boot'] } });
    expect(readFileSync(join(at, 'slots', 'boot'))).toEqual(gatewayImages('2.0.0').get('boot'));
    expect(await update(at, store, trust, { boot: 'b' })).toMatchObject(report);
    expect(await update(at, store, trust, { boot: 'c' })).toMatchObject({
      rebootRequired: { after: ['kernel'] },
    });
    counts.faults += 1;
    counts.cuts += 1;
    discard(at);
  }
});
