import { describe, expect, it } from 'vitest';
import type { Manifest, ManifestComponent } from '../../../src/bundle/manifest.ts';
import type { DeviceFile, Installed } from '../../../src/device/device-file.ts';
import { checkRelease, componentsFor, isCurrent, slotOf } from '../../../src/device/plan.ts';
import { name, version } from '../../support/release.ts';
import { thrown } from '../keys/thrown.ts';

const image = { length: 10, sha256: 'a'.repeat(64) };
const component = (options: Partial<ManifestComponent> = {}): ManifestComponent => ({
  name: name('radio'),
  domain: 'coprocessor',
  version: version('1.0.0'),
  counter: 5,
  image,
  payload: { ...image, compression: 'none' },
  provides: {},
  requires: {},
  delta: {},
  reboot: false,
  ...options,
});
const manifest = (...components: readonly ManifestComponent[]): Manifest => ({
  product: name('gateway'),
  version: version('1.0.0'),
  hardware: [name('gw-a1'), name('gw-b2')],
  components,
  fixed: [],
  extras: [],
});
const device = (installed: Partial<Installed> = {}, options: Partial<DeviceFile> = {}): DeviceFile => ({
  product: name('gateway'),
  hardware: name('gw-a1'),
  channel: name('stable'),
  components: new Map([
    [
      name('radio'),
      {
        version: version('1.0.0'),
        counter: 5,
        image,
        slot: name('radio'),
        provides: {},
        requires: {},
        ...installed,
      },
    ],
  ]),
  ...options,
});

describe('checkRelease', () => {
  it.each([4, 5])('takes a release with a counter at or above %i, which was seen', (counter) => {
    expect(() => checkRelease(device({ counter }), manifest(component()))).not.toThrow();
  });

  it('refuses an image that is larger than the slot that its maker gave the device, and no other', () => {
    const { length } = component().image;
    const slots = (size: number) => ({ slots: new Map([[name('radio'), size]]) });
    expect(() => checkRelease(device({}, slots(length)), manifest(component()))).not.toThrow();
    expect(() => checkRelease(device({}, slots(length - 1)), manifest(component()))).toThrow(
      expect.objectContaining({
        code: 'slot-too-small',
        faults: [
          { where: 'radio', message: `has ${length} bytes, 1 more than the slot radio of this device` },
        ],
      }),
    );
  });

  it('refuses one below, naming every component that is', () => {
    const seen = device({ counter: 6 });
    const boot = component({ name: name('boot') });
    const refused = thrown(() => checkRelease(seen, manifest(boot, component())));
    expect(refused).toMatchObject({ code: 'counter-rollback', exitCode: 4 });
    expect(refused.faults).toEqual([{ where: 'radio', message: 'has counter 5, this device has seen 6' }]);
  });

  it('refuses other hardware and another product', () => {
    const other = device({}, { hardware: name('gw-z9') });
    expect(thrown(() => checkRelease(other, manifest(component())))).toMatchObject({
      code: 'hardware-mismatch',
      message: expect.stringContaining('gw-a1, gw-b2'),
    });
    const stranger = device({}, { product: name('toaster') });
    expect(thrown(() => checkRelease(stranger, manifest(component()))).code).toBe('hardware-mismatch');
  });

  it('passes over the counter of a component that is not for this hardware', () => {
    const elsewhere = component({ hardware: [name('gw-b2')], counter: 1 });
    expect(() => checkRelease(device(), manifest(elsewhere))).not.toThrow();
  });
});

describe('componentsFor', () => {
  it('keeps the order and leaves out what is for other hardware', () => {
    const items = ['a', 'b', 'c'].map((key) => component({ name: name(key) }));
    const [a, b, c] = items;
    const release = manifest(
      ...items.map((item) => (item === b ? { ...item, hardware: [name('gw-b2')] } : item)),
    );
    expect(componentsFor(release, name('gw-a1'))).toEqual([a, c]);
    expect(componentsFor(release, name('gw-b2'))).toHaveLength(3);
  });
});

describe('isCurrent', () => {
  const other = { length: 10, sha256: 'b'.repeat(64) };
  it.each([
    ['the same', {}, true],
    ['another version and counter', { version: version('0.9.0'), counter: 1 }, true],
    ['another image', { image: other }, false],
    ['another slot', { slot: name('b') }, false],
  ] as const)('%s', (_, installed, current) => {
    expect(isCurrent(device(installed), component())).toBe(current);
  });

  it('is nothing that was never installed', () => {
    expect(isCurrent(device(), component({ name: name('boot') }))).toBe(false);
  });
});

it('slotOf is the slot’s name, else the component’s', () => {
  expect(slotOf(component())).toBe('radio');
  expect(slotOf(component({ slot: { name: name('b'), size: 100 } }))).toBe('b');
});
