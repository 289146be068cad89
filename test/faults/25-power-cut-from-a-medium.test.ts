import { expect, it, vi } from 'vitest';
import { ALL_FAULTS, fileCounts } from '../support/counts.ts';
import { withDiskFault } from '../support/faulty-fs.ts';
import { filesBelow, sharedFolder } from '../support/folder.ts';
import { NOW } from '../support/forge.ts';
import { imagesAt, LIMIT, makeFleet } from '../support/media-fleet.ts';
import { memoryMedium, updateFrom } from '../support/medium.ts';
import { discard, slotsOf } from '../support/scenario.ts';

vi.mock('../../src/storage/lock-owner.ts', async (original) =>
  (await import('../support/restarted.ts')).restarted(
    await original<typeof import('../../src/storage/lock-owner.ts')>(),
  ),
);
vi.mock('../../src/keys/ed25519.ts', async (original) =>
  (await import('../support/memoized.ts')).memoized(
    await original<typeof import('../../src/keys/ed25519.ts')>(),
  ),
);

/** With OTA_FAULTS=all power is cut at each of the changes; else at every 5th. */
const EVERY = ALL_FAULTS ? 1 : 5;
const counts = fileCounts();
const folder = sharedFolder();

it('power is cut at a change to the disk while a stick is installed: every slot is old or new, and plugging it in again completes', async () => {
  const fleet = await makeFleet(folder);
  const medium = memoryMedium(await fleet.store('1.2.0', NOW, { profile: { ...LIMIT, counter: 3 } }));
  const older = memoryMedium(await fleet.store('1.1.0', NOW, { profile: { ...LIMIT, counter: 2 } }));
  let number = 1;
  let begun = 0;
  for (; ; number += EVERY) {
    const device = await fleet.device('1.1.0', { behind: true });
    const { changes } = await withDiskFault('cut', number, () => updateFrom(medium, device));
    if (changes.length < number) break;
    counts.faults += 1;
    counts.cuts += 1;
    for (const [name, image] of slotsOf(device)) {
      if (name.startsWith('.')) continue;
      expect([imagesAt('1.1.0').get(name), imagesAt('1.2.0').get(name)]).toContainEqual(image);
    }
    // With the wrong stick it stays where it is, or ends what it has begun: never back.
    const other = await updateFrom(older, device).catch(() => undefined);
    if (other?.to === '1.2.0') begun += 1;
    const report = await updateFrom(medium, device);
    expect(report.to).toBe('1.2.0');
    expect(slotsOf(device)).toEqual(imagesAt('1.2.0'));
    expect([...filesBelow(device).keys()].filter((path) => path.includes('.tmp'))).toEqual([]);
    expect(await updateFrom(medium, device)).toMatchObject({ changed: false, downloadedBytes: 0 });
    counts.devices += 1;
    discard(device);
  }
  expect(number).toBeGreaterThan(40);
  expect(begun).toBeGreaterThan(1);
});
