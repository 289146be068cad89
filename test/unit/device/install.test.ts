import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ManifestComponent } from '../../../src/bundle/manifest.ts';
import { seal } from '../../../src/core/digest.ts';
import { silent } from '../../../src/core/progress.ts';
import { memorySource } from '../../../src/core/source.ts';
import { createDelta } from '../../../src/delta/create.ts';
import { deviceFolder, loadDevice, saveDevice } from '../../../src/device/device.ts';
import type { DeviceFile, Installed } from '../../../src/device/device-file.ts';
import { type Fetched, recover, slotHolds, stageComponent, switchStep } from '../../../src/device/install.ts';
import { refusal } from '../../support/client.ts';
import { freshFolder } from '../../support/folder.ts';
import { name, noise, patched, version } from '../../support/release.ts';

const temporary = freshFolder();
const OLD = noise(1, 2000);
const NEW = patched(OLD, 9);
const RADIO = name('radio');
const digestOf = (bytes: Uint8Array) => ({ length: bytes.length, sha256: seal(bytes).sha256 });
const installed = (image: Uint8Array, text: string, counter: number): Installed => ({
  version: version(text),
  counter,
  image: digestOf(image),
  slot: name('a'),
  provides: {},
  requires: {},
});
const component: ManifestComponent = {
  name: RADIO,
  domain: 'coprocessor',
  version: version('2.0.0'),
  counter: 2,
  image: digestOf(NEW),
  payload: { ...digestOf(NEW), compression: 'none' },
  provides: {},
  requires: {},
  delta: {},
  reboot: false,
  slot: { name: name('a'), size: 4000 },
};

/** A device that has OLD in its slot, or what it is told. */
async function device(slot: Uint8Array | undefined = OLD): Promise<DeviceFile> {
  mkdirSync(temporary.at('slots'), { recursive: true });
  if (slot) writeFileSync(temporary.at('slots', 'a'), slot);
  const file: DeviceFile = {
    product: name('gateway'),
    hardware: name('gw-a1'),
    channel: name('stable'),
    components: new Map([[RADIO, installed(OLD, '1.0.0', 1)]]),
  };
  await saveDevice(deviceFolder(temporary.path), file);
  return file;
}

function fetched(action: Fetched['action'], bytes: Uint8Array): Fetched {
  const file = temporary.at('fetched');
  writeFileSync(file, bytes);
  return { component, action, file };
}

async function delta(from: Uint8Array, to: Uint8Array): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of createDelta(memorySource(from), memorySource(to)))
    pieces.push(Uint8Array.from(piece));
  return new Uint8Array(Buffer.concat(pieces));
}

const slot = () => new Uint8Array(readFileSync(temporary.at('slots', 'a')));
const install = async (file: DeviceFile, item: Fetched) => {
  const folder = deviceFolder(temporary.path);
  await stageComponent(folder, file, item, silent);
  return switchStep(folder, file, { staged: [item.component], kept: [] }, 'this start');
};

describe('staged beside its slot and switched to', () => {
  it.each(['full', 'delta'] as const)('writes the new image and records it: %s', async (action) => {
    const before = await device();
    const after = await install(before, fetched(action, action === 'full' ? NEW : await delta(OLD, NEW)));
    expect(slot()).toEqual(NEW);
    expect(after.components.get(RADIO)).toEqual(installed(NEW, '2.0.0', 2));
    expect(after.installing).toBeUndefined();
    expect(await loadDevice(deviceFolder(temporary.path))).toEqual(after);
    expect(readdirSync(temporary.at('slots'))).toEqual(['a']);
  });

  it.each([
    ['a payload that is another', 'full', async () => OLD, 'digest-mismatch'],
    ['a payload that is cut short', 'full', async () => NEW.subarray(1), 'length-mismatch'],
    ['a delta to another image', 'delta', () => delta(OLD, patched(OLD, 3)), 'digest-mismatch'],
    ['a delta from another image', 'delta', () => delta(noise(7, 2000), NEW), 'delta-wrong-base'],
    ['a delta that is none', 'delta', async () => noise(5, 500), 'delta-invalid'],
  ] as const)('keeps the old image for %s', async (_, action, make, code) => {
    const before = await device();
    const error = await refusal(async () => install(before, fetched(action, await make())));
    expect(error).toMatchObject({ code, exitCode: 4 });
    expect(slot()).toEqual(OLD);
    expect(readdirSync(temporary.at('slots'))).toEqual(['a']);
    const folder = deviceFolder(temporary.path);
    const left = await loadDevice(folder);
    if (!left) throw new Error('the device is gone');
    expect(await recover(folder, left, 'this start')).toEqual(before);
  });
});

describe('recover, after a power cut', () => {
  const begun = async (found: Uint8Array | undefined): Promise<DeviceFile> => {
    const before = await device(found);
    const file = { ...before, installing: [{ component: RADIO, ...installed(NEW, '2.0.0', 2) }] };
    await saveDevice(deviceFolder(temporary.path), file);
    return file;
  };
  const folder = () => deviceFolder(temporary.path);

  it('keeps the record of an image that stands whole in its slot', async () => {
    const after = await recover(folder(), await begun(NEW), 'this start');
    expect(after.components.get(RADIO)).toEqual(installed(NEW, '2.0.0', 2));
    expect(await loadDevice(folder())).toEqual(after);
    expect(after.installing).toBeUndefined();
  });

  it('ends the switch of all slots of a step, whichever of them were switched already', async () => {
    const two = { ...installed(NEW, '2.0.0', 2), slot: name('b') };
    const before = await begun(NEW);
    const file = {
      ...before,
      installing: [...(before.installing ?? []), { component: name('modem'), ...two }],
    };
    await saveDevice(folder(), file);
    writeFileSync(temporary.at('slots', 'b'), OLD);
    writeFileSync(temporary.at('slots', '.next-b'), NEW);
    const after = await recover(folder(), file, 'this start');
    expect(after.components.get(name('modem'))).toEqual(two);
    expect(readFileSync(temporary.at('slots', 'b')).equals(NEW)).toBe(true);
    expect(readdirSync(temporary.at('slots')).sort()).toEqual(['a', 'b']);
  });

  it('removes an image that was never to be switched to', async () => {
    const file = await device();
    writeFileSync(temporary.at('slots', '.next-a'), NEW);
    expect(await recover(folder(), file, 'this start')).toBe(file);
    expect(slot()).toEqual(OLD);
    expect(readdirSync(temporary.at('slots'))).toEqual(['a']);
  });

  it.each([
    ['the old image', OLD],
    ['neither', NEW.subarray(0, 500)],
    ['nothing', undefined],
  ])('forgets what was begun where the slot holds %s', async (_, found) => {
    const after = await recover(folder(), await begun(found), 'this start');
    expect(after.components.get(RADIO)).toEqual(installed(OLD, '1.0.0', 1));
    expect(await loadDevice(folder())).toEqual(after);
    expect(after.installing).toBeUndefined();
  });

  it('removes the half-written image that a cut left beside the slot, and nothing else', async () => {
    const file = await begun(OLD);
    writeFileSync(temporary.at('slots', '.a.0123456789ab.tmp'), NEW.subarray(0, 500));
    writeFileSync(temporary.at('slots', 'b'), 'another slot');
    await recover(folder(), file, 'this start');
    expect(readdirSync(temporary.at('slots')).sort()).toEqual(['a', 'b']);
  });

  it('changes nothing where nothing was begun', async () => {
    const file = await device();
    expect(await recover(folder(), file, 'this start')).toBe(file);
  });
});

describe('slotHolds', () => {
  it('looks at the bytes and at nothing else', async () => {
    await device(NEW);
    const folder = deviceFolder(temporary.path);
    expect(await slotHolds(folder, installed(NEW, '1.0.0', 1))).toBe(true);
    expect(await slotHolds(folder, installed(patched(NEW, 1), '1.0.0', 1))).toBe(false);
    expect(await slotHolds(folder, { ...installed(NEW, '1.0.0', 1), slot: name('b') })).toBe(false);
  });
});
