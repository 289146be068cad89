import { rmSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, expect, it, vi } from 'vitest';
import { OtaError } from '../../src/core/errors.ts';
import { DAY } from '../../src/core/time.ts';
import { deviceFolder, loadDevice } from '../../src/device/device.ts';
import { sharedFolder } from '../support/folder.ts';
import { NOW } from '../support/forge.ts';
import { type Fleet, type FleetVersion, imagesAt, makeFleet, VERSIONS } from '../support/media-fleet.ts';
import { memoryMedium, updateFrom } from '../support/medium.ts';
import { slotsOf } from '../support/scenario.ts';
import { WritableStore } from '../support/writable-store.ts';

// Nothing loses power here, so nothing waits for the disk.
vi.mock('node:fs/promises', async (original) =>
  (await import('../support/faulty-fs.ts')).faultyFs(await original<typeof import('node:fs/promises')>()),
);
vi.mock('../../src/keys/ed25519.ts', async (original) =>
  (await import('../support/memoized.ts')).memoized(
    await original<typeof import('../../src/keys/ed25519.ts')>(),
  ),
);

/** A medium, by all that may matter about it and by what must not. */
interface Stick {
  readonly version: FleetVersion;
  readonly counter: number;
  /** Days before now: the versions of its roles, its digests and its age are other ones. */
  readonly age: number;
  readonly expiry: 'advice' | 'limit';
  /** The payloads alone, or the deltas too. */
  readonly deltas: boolean;
  /** Made while the root was the first, or after its five rotations. */
  readonly rotated: boolean;
}

const AGES = [0, 200] as const;
const folder = sharedFolder();
let fleet: Fleet;
const media = new Map<string, WritableStore>();

const idOf = (stick: Stick) => JSON.stringify(stick);
const variants: Stick[] = VERSIONS.flatMap((version) =>
  AGES.flatMap((age) =>
    [0, 1].flatMap((counter) =>
      [true, false].map(
        (rotated): Stick => ({
          version,
          counter,
          age,
          expiry: counter === 0 && age === 0 ? 'advice' : 'limit',
          deltas: (age === 0) === rotated,
          rotated,
        }),
      ),
    ),
  ),
);

beforeAll(async () => {
  fleet = await makeFleet(folder);
  for (const stick of variants) {
    const { version, age, counter, expiry, deltas, rotated } = stick;
    const profile = expiry === 'limit' ? ({ expiry, days: 548, counter } as const) : { expiry, counter };
    const trust = rotated ? fleet.trust : fleet.first;
    const store = await fleet.store(version, NOW - age * DAY, { profile, trust });
    media.set(idOf(stick), memoryMedium(store, { keep: (key) => deltas || !key.includes('.from.') }));
  }
});

/** All that the outcome may depend on. */
interface Known {
  readonly release: FleetVersion | undefined;
  readonly counter: number;
}

/** What a stick does to a device that has a release and a counter, whatever it was given before. */
const expected = ({ version, counter }: Stick, known: Known): string => {
  const [at, has] = [VERSIONS.indexOf(version), known.release ? VERSIONS.indexOf(known.release) : -1];
  if (at < has) return 'media-older';
  if (at === has) return 'nothing';
  return counter < known.counter ? 'media-revoked' : version;
};

it('what a stick does depends on what is installed and on the counter, and on no other stick', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...variants), { minLength: 2, maxLength: 7 }),
      async (sticks) => {
        const device = fleet.folder();
        let known: Known = { release: undefined, counter: 0 };
        for (const stick of sticks) {
          const medium = new WritableStore(media.get(idOf(stick))?.objects ?? []);
          const outcome = await updateFrom(medium, device, { create: fleet.create(), now: 0 }).then(
            ({ changed, to }) => (changed ? to : 'nothing'),
            (error: unknown) => (error instanceof OtaError ? error.code : Promise.reject(error)),
          );
          expect(outcome).toBe(expected(stick, known));
          const refused = outcome.startsWith('media-');
          known = {
            release: refused || outcome === 'nothing' ? known.release : stick.version,
            counter: refused ? known.counter : Math.max(known.counter, stick.counter),
          };
          if (known.release) expect(slotsOf(device)).toEqual(imagesAt(known.release));
          expect((await loadDevice(deviceFolder(device)))?.mediaCounter ?? 0).toBe(known.counter);
        }
        rmSync(device, { recursive: true, force: true });
      },
    ),
    { numRuns: 15, seed: 8 },
  );
});
