import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { deviceFolder, loadDevice } from '../../src/device/device.ts';
import { fileCounts } from '../support/counts.ts';
import { withDiskFault } from '../support/faulty-fs.ts';
import { sharedFolder } from '../support/folder.ts';
import { makeBundle, makeTrust, type PublishTest, publishFile, update } from '../support/release.ts';
import { discard, slotsOf } from '../support/scenario.ts';
import { imagesOfVersion, wayRelease } from '../support/ways.ts';
import { WritableStore } from '../support/writable-store.ts';

vi.mock('../../src/storage/lock-owner.ts', async (original) =>
  (await import('../support/restarted.ts')).restarted(
    await original<typeof import('../../src/storage/lock-owner.ts')>(),
  ),
);

const folder = sharedFolder();
const counts = fileCounts();
const trust = await makeTrust();
/** What was published when the device began 2.0.0. */
let before: WritableStore;
/** Then 3.0.1 came, which nothing but a whole 2.0.0 leads to, and 2.0.0 is no longer listed. */
let after: WritableStore;
/** As `after`, without a byte of 2.0.0. */
let pruned: WritableStore;
const device = join(folder, 'device');

const publish = async (
  version: Parameters<typeof wayRelease>[0],
  store: WritableStore,
  options: Partial<PublishTest> = {},
) =>
  publishFile(await makeBundle(folder, wayRelease(version)), {
    store,
    trust,
    scratch: join(folder, 'scratch'),
    ...options,
  });

beforeAll(async () => {
  before = new WritableStore();
  await publish('1.0.0', before);
  await update(device, before, trust);
  await publish('2.0.0', before);
  after = before.copy();
  const keep = { keep: { releases: 1, versions: [] }, deltasFrom: 0, strand: true };
  await publish('3.0.0', after, keep);
  expect((await publish('3.0.1', after, keep)).archived).toContain('2.0.0');
  pruned = after.copy();
  for (const key of pruned.keys('targets/gateway/2.0.0/')) pruned.objects.delete(key);
});

const images = (version: string) =>
  new Map(Object.entries(imagesOfVersion(version)).map(([name, image]) => [name, Buffer.from(image)]));
const unreachable = (): WritableStore => {
  const store = before.copy();
  store.read = async () => {
    const { OtaError } = await import('../../src/core/errors.ts');
    throw new OtaError('store-unreachable', 'no network');
  };
  return store;
};

/** With OTA_FAULTS=all power is cut at each of the changes; else at every 7th. */
const EVERY = process.env.OTA_FAULTS === 'all' ? 1 : 7;

/** Cuts power at changes of the update to 2.0.0, and tells what the device's file then says of it. */
async function eachCut(
  first: number,
  work: (at: string, state: 'old' | 'begun' | 'done') => Promise<void>,
): Promise<void> {
  const seen = new Map<string, number>();
  for (let number = first; ; number += EVERY) {
    const at = join(folder, 'cut');
    cpSync(device, at, { recursive: true });
    const { changes } = await withDiskFault('cut', number, () => update(at, before, trust));
    if (changes.length < number) {
      discard(at);
      break;
    }
    counts.faults += 1;
    counts.cuts += 1;
    const { updating, release } = (await loadDevice(deviceFolder(at))) ?? expect.fail('no device');
    const state = release === '2.0.0' ? 'done' : updating ? 'begun' : 'old';
    seen.set(state, (seen.get(state) ?? 0) + 1);
    await work(at, state);
    counts.devices += 1;
    discard(at);
  }
  expect(seen.get('old')).toBeGreaterThan(20 / EVERY);
  expect(seen.get('begun')).toBeGreaterThan(20 / EVERY);
}

describe('power is cut at each change of an update, and then', () => {
  it('its release is archived and gone: what was begun is ended from the cache, and leads on', async () => {
    await eachCut(1, async (at, state) => {
      const next = update(at, pruned, trust);
      if (state === 'old') {
        await expect(next).rejects.toMatchObject({ code: 'update-unsafe' });
        expect(slotsOf(at)).toEqual(images('1.0.0'));
        return;
      }
      expect(await next).toMatchObject({ to: '3.0.1' });
      expect(slotsOf(at)).toEqual(images('3.0.1'));
    });
  });

  it('there is no network: what was begun is ended, and nothing else is', async () => {
    const store = unreachable();
    await eachCut(EVERY > 1 ? 4 : 1, async (at, state) => {
      const next = update(at, store, trust);
      if (state === 'begun') {
        expect(await next).toMatchObject({ to: '2.0.0', downloadedBytes: 0, unreached: 'store-unreachable' });
        expect(slotsOf(at)).toEqual(images('2.0.0'));
      } else {
        await expect(next).rejects.toMatchObject({ code: 'store-unreachable' });
        expect(slotsOf(at)).toEqual(images(state === 'done' ? '2.0.0' : '1.0.0'));
      }
    });
  });
});
