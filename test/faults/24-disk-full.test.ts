import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withOpenBundle } from '../../src/bundle/files.ts';
import { signBundleFile } from '../../src/bundle/sign.ts';
import { OtaError } from '../../src/core/errors.ts';
import { createDeltaFile } from '../../src/delta/files.ts';
import { withScratchFolder, writeFileAtomic, writeStreamAtomic } from '../../src/files/write.ts';
import { writeImage } from '../../src/media/fat/write.ts';
import { writeTar } from '../../src/media/tar/write.ts';
import { directoryStore } from '../../src/storage/directory.ts';
import { withDiskFault } from '../support/faulty-fs.ts';
import { filesBelow, freshFolder } from '../support/folder.ts';
import { NOW } from '../support/forge.ts';
import { makeBundle, name, noise, ONLINE, publishFile, update } from '../support/release.ts';
import { faultScenario, imagesOf, slotsOf } from '../support/scenario.ts';
import { wayRelease } from '../support/ways.ts';
import { WritableStore } from '../support/writable-store.ts';

const scenario = await faultScenario();
const folder = freshFolder();

const OLD = noise(1, 3000);
const NEW = noise(2, 5000);
async function* pieces() {
  for (let at = 0; at < NEW.length; at += 1000) yield NEW.subarray(at, at + 1000);
}

/** Fails each change to the disk in turn, the last first, until one run makes fewer; gives how many there were. */
async function eachChange(
  run: () => Promise<unknown>,
  check: (outcome: { readonly error: unknown; readonly change: string }) => void | Promise<void>,
): Promise<number> {
  for (let number = 1; ; number += 1) {
    const { error, changes } = await withDiskFault('full', number, run);
    if (changes.length < number) return number - 1;
    scenario.counts.faults += 1;
    await check({ error, change: changes[number - 1] ?? '' });
  }
}

function isDiskFull(error: unknown): void {
  if (!(error instanceof OtaError)) throw error;
  expect(error).toMatchObject({ code: 'disk-full', exitCode: 3 });
  expect(error.hint).toContain('Free some space');
}

const WAYS: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['writeFileAtomic', () => writeFileAtomic(folder.at('result'), NEW)],
  ['writeStreamAtomic', () => writeStreamAtomic(folder.at('result'), pieces())],
  [
    'writeStreamAtomic, exclusively',
    () => writeStreamAtomic(folder.at('result'), pieces(), { exclusive: true }),
  ],
];

describe.each(WAYS)('%s', (what, run) => {
  const exclusive = what.includes('exclusively');

  it('leaves what was there, or nothing, wherever there is no room', async () => {
    if (!exclusive) writeFileSync(folder.at('result'), OLD);
    const changes = await eachChange(run, ({ error }) => {
      isDiskFull(error);
      const expected = exclusive ? undefined : OLD;
      const found = filesBelow(folder.path).get('result');
      expect(found).toEqual(expected && Buffer.from(expected));
      expect(filesBelow(folder.path).size).toBe(expected ? 1 : 0);
    });
    expect(changes).toBeGreaterThan(3);
  });

  it('goes on after a short write', async () => {
    for (let number = 1; number <= 8; number += 1) {
      rmSync(folder.at('result'), { force: true });
      const { error, changes } = await withDiskFault('short', number, run);
      if (changes[number - 1]?.startsWith('write ')) expect(error).toBeUndefined();
      if (error === undefined) expect(readFileSync(folder.at('result'))).toEqual(Buffer.from(NEW));
    }
  });

  it('puts nothing in place that the disk does not have yet', async () => {
    const { changes } = await withDiskFault('none', 0, run);
    const steps = changes.map((change) => change.split(' ')[0]);
    const placed = steps.indexOf(exclusive ? 'link' : 'rename');
    expect(steps.lastIndexOf('write')).toBeLessThan(placed - 1);
    expect(steps[placed - 1]).toBe('sync');
    expect(steps[placed + 1]).toBe('sync');
  });
});

it('withScratchFolder says that there is no room for one', async () => {
  const { error } = await withDiskFault('full', 1, () => withScratchFolder(async () => 'done'));
  isDiskFull(error);
});

it('a delta appears whole or not at all', async () => {
  writeFileSync(folder.at('old'), OLD);
  writeFileSync(folder.at('new'), NEW);
  const run = () => createDeltaFile(folder.at('old'), folder.at('new'), folder.at('delta'));
  await eachChange(run, ({ error }) => {
    isDiskFull(error);
    expect([...filesBelow(folder.path).keys()].sort()).toEqual(['new', 'old']);
  });
});

it.each([
  ['image', writeImage],
  ['archive', writeTar],
] as const)(
  'an %s of a medium appears whole or not at all, and short writes do not harm it',
  async (_, write) => {
    const put = (name: string) =>
      write(folder.at(name), [{ key: 'targets/a', length: NEW.length }], { time: NOW }, (writer) =>
        writer.put('targets/a', NEW.length, pieces()),
      );
    await put('whole');
    const whole = readFileSync(folder.at('whole'));
    const changes = await eachChange(
      () => put('other'),
      ({ error }) => {
        isDiskFull(error);
        expect([...filesBelow(folder.path).keys()]).toEqual(['whole']);
      },
    );
    expect(changes).toBeGreaterThan(3);
    for (let number = 1; number <= changes; number += 1) {
      rmSync(folder.at('other'), { force: true });
      const { error } = await withDiskFault('short', number, () => put('other'));
      if (error === undefined) expect(readFileSync(folder.at('other')).equals(whole)).toBe(true);
    }
  },
);

it('a bundle appears whole or not at all, and its scratch folder is gone', async () => {
  const release = {
    version: '3.0.0',
    components: { app: { image: new Uint8Array(4000), compression: 'zstd' } },
  } as const;
  const whole = readFileSync(await makeBundle(folder.at('whole'), release));
  mkdirSync(folder.at('out'));
  const run = () => makeBundle(folder.at('out'), release);
  const changes = await eachChange(run, async ({ error }) => {
    isDiskFull(error);
    const left = [...filesBelow(folder.at('out'))].filter(([path]) => !path.startsWith('build-'));
    // The copy beside the bundle is what a signing that was cut off is undone by.
    for (const [path] of left)
      expect(path).toMatch(/^(?:\.gateway-3\.0\.0\.ota\.signatures|gateway-3\.0\.0\.ota)$/);
    if (left.length > 0) await withOpenBundle(folder.at('out', 'gateway-3.0.0.ota'), async () => {});
    await makeBundle(folder.at('out'), release);
    expect(readFileSync(folder.at('out', 'gateway-3.0.0.ota'))).toEqual(whole);
    rmSync(folder.at('out'), { recursive: true });
    mkdirSync(folder.at('out'));
  });
  expect(changes).toBeGreaterThan(12);
});

it('signing leaves the signatures that were there, or those and the new one', async () => {
  const release = { version: '3.0.0', components: { app: { image: OLD } } };
  const path = await makeBundle(folder.path, release);
  const signed = readFileSync(path);
  const run = () => signBundleFile(path, [ONLINE]);
  const changes = await eachChange(run, async ({ error }) => {
    isDiskFull(error);
    await run();
    const { added } = await signBundleFile(path, [ONLINE]);
    expect(added).toEqual([]);
    writeFileSync(path, signed);
    expect([...filesBelow(folder.path).keys()].filter((name) => name.startsWith('.'))).toEqual([]);
  });
  expect(changes).toBeGreaterThan(5);
});

it('publishing to a folder leaves devices the old release, and the next run completes', async () => {
  const original = folder.at('original');
  await scenario.publish('1.0.0', directoryStore(original));
  const home = folder.at('store');
  const run = async () => scenario.publish('1.1.0', directoryStore(home), { scratch: folder.at('scratch') });
  const renew = () => {
    rmSync(home, { recursive: true, force: true });
    rmSync(folder.at('scratch'), { recursive: true, force: true });
    cpSync(original, home, { recursive: true });
  };
  renew();
  const whole = folder.at('whole');
  cpSync(original, whole, { recursive: true });
  await scenario.publish('1.1.0', directoryStore(whole));
  const names = new Set(filesBelow(whole).keys());
  let tried = 0;
  let committed = 0;
  const changes = await eachChange(run, async ({ error }) => {
    isDiskFull(error);
    const found = filesBelow(home);
    for (const [path, bytes] of found) {
      expect(names).toContain(path);
      if (!path.endsWith('timestamp.json')) expect(bytes).toEqual(readFileSync(join(whole, path)));
    }
    tried += 1;
    const before = found.get('metadata/timestamp.json');
    const old = before?.equals(readFileSync(join(original, 'metadata/timestamp.json'))) ?? false;
    if (!old) committed += 1;
    // Running it again takes far longer than failing.
    if (!old || tried % 5 === 0) {
      expect(await scenario.publish('1.1.0', directoryStore(home))).toMatchObject({ changed: old });
      expect(await scenario.consistent(scenario.device(), directoryStore(home))).toBe('1.1.0');
    }
    renew();
  });
  expect(changes).toBeGreaterThan(60);
  expect(committed).toBe(0);
});

it('a device keeps each slot whole, and the next update completes', async () => {
  const store = scenario.store.copy();
  await scenario.publish('1.1.0', store);
  let device = scenario.device();
  const [old, fresh] = [imagesOf('1.0.0'), imagesOf('1.1.0')];
  const changes = await eachChange(
    () => update(device, store, scenario.trust),
    async ({ error }) => {
      isDiskFull(error);
      // An image that was to be switched to may stand beside its slot until the next try.
      const slots = [...slotsOf(device)].filter(([slot]) => !slot.startsWith('.'));
      for (const [slot, image] of slots) expect([old.get(slot), fresh.get(slot)]).toContainEqual(image);
      expect(slots.map(([slot]) => slot)).toEqual(['boot', 'radio']);
      expect(await scenario.consistent(device, store, { now: NOW })).toBe('1.1.0');
      device = scenario.device();
    },
  );
  expect(changes).toBeGreaterThan(40);
});

it('a device has no part of a step beside its slots when the disk is full', async () => {
  const grouped = (version: '1.0.0' | '2.0.0') => {
    const { components, ...release } = wayRelease(version);
    const group = name('system');
    return {
      ...release,
      components: Object.fromEntries(
        Object.entries(components).map(([key, item]) => [key, { ...item, group }]),
      ),
    };
  };
  const store = new WritableStore();
  const home = folder.at('grouped');
  mkdirSync(folder.at('bundles'));
  for (const version of ['1.0.0', '2.0.0'] as const) {
    const path = await makeBundle(folder.at('bundles'), grouped(version));
    await publishFile(path, { store, trust: scenario.trust, scratch: folder.at('scratch') });
    if (version === '1.0.0') await update(home, store, scenario.trust);
  }
  const device = folder.at('device');
  let staged = 0;
  const changes = await eachChange(
    async () => {
      rmSync(device, { recursive: true, force: true });
      cpSync(home, device, { recursive: true });
      await update(device, store, scenario.trust);
    },
    ({ error }) => {
      isDiskFull(error);
      const waiting = [...slotsOf(device).keys()].filter((slot) => slot.startsWith('.next-'));
      const { installing } = JSON.parse(readFileSync(join(device, 'device.json'), 'utf8'));
      // A switch that has begun is ended by the next try; before it, all of the step is there or nothing.
      if (installing === undefined) expect([0, 2]).toContain(waiting.length);
      staged += waiting.length;
    },
  );
  expect(changes).toBeGreaterThan(20);
  expect(staged).toBeGreaterThan(0);
});
