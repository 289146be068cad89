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
    await update(device(version), store, trust);
  }
});

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

/** With OTA_FAULTS=all power is cut at each of the changes; else at every 13th, beginning with another one for each pair. */
const EVERY = process.env.OTA_FAULTS === 'all' ? 1 : 13;

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
        const { changes } = await withDiskFault('cut', number, () => update(at, store, trust));
        if (changes.length < number) break;
        counts.faults += 1;
        counts.cuts += 1;
        await startsSound(at);
        states += 1;
        const report = await update(at, store, trust);
        expect(report.to).toBe(to);
        expect(slotsOf(at)).toEqual(gatewayImages(to));
        counts.devices += 1;
        discard(at);
      }
      discard(at);
      expect(states).toBeGreaterThan(40 / EVERY);
    },
    120_000,
  );
});

it('a device from before a change that nobody proved it for is led through what the channel names', async () => {
  const at = join(folder, 'led');
  cpSync(device('1.0.0'), at, { recursive: true });
  const report = await update(at, stores.get('2.1.0') as WritableStore, trust);
  expect(report.to).toBe('2.1.0');
  expect(report.passed ?? []).toEqual(['2.0.0']);
});
