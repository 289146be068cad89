import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { isName, isVersion, type Name, type Version } from '../../../src/core/names.ts';
import {
  type DeviceFile,
  encodeDeviceFile,
  type Installed,
  parseDeviceFile,
} from '../../../src/device/device-file.ts';
import { editedObject, places } from '../../support/json-edit.ts';
import { thrown } from '../keys/thrown.ts';

const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/).filter((text): text is Name => isName(text));
const version = fc
  .stringMatching(/^[0-9][0-9A-Za-z.-]{0,20}$/)
  .filter((text): text is Version => isVersion(text));
const digest = fc.record({ length: fc.maxSafeNat(), sha256: fc.stringMatching(/^[0-9a-f]{64}$/) });
const installed: fc.Arbitrary<Installed> = fc.record({
  version,
  counter: fc.maxSafeNat(),
  image: digest,
  slot: name,
  provides: fc.dictionary(name, version, { maxKeys: 2, noNullPrototype: true }),
  requires: fc.dictionary(name, fc.constantFrom('*', '>=1 <3'), { maxKeys: 2, noNullPrototype: true }),
});
const device: fc.Arbitrary<DeviceFile> = fc.record(
  {
    product: name,
    hardware: name,
    channel: name,
    release: version,
    slots: fc
      .array(fc.tuple(name, fc.integer({ min: 1 })), { minLength: 1, maxLength: 2 })
      .map((entries) => new Map(entries)),
    components: fc.array(fc.tuple(name, installed), { maxLength: 4 }).map((entries) => new Map(entries)),
    installing: fc.array(
      fc
        .tuple(name, installed, fc.boolean())
        .map(([component, item, reboot]) => ({ component, ...item, ...(reboot ? { reboot } : {}) })),
      { minLength: 1, maxLength: 3 },
    ),
    updating: fc.record({
      version,
      manifest: digest,
      files: fc
        .array(
          fc.tuple(
            name,
            fc
              .tuple(digest, fc.constantFrom('delta', 'full'))
              .map(([file, action]) => ({ ...file, action, path: 'gateway/1.0.0/radio' })),
          ),
          { maxLength: 2 },
        )
        .map((entries) => new Map(entries)),
    }),
    restart: fc.record({ after: fc.array(name, { minLength: 1, maxLength: 2 }), boot: fc.uuid() }),
  },
  { requiredKeys: ['product', 'hardware', 'channel', 'components'] },
);

describe('a device’s file', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(device, (item) => {
        expect(parseDeviceFile(encodeDeviceFile(item), 'device.json')).toEqual(item);
      }),
    );
  });

  it('with any of its values of another type or gone is refused with its place, or means the same without it', () => {
    const [item] = fc.sample(
      device.filter(({ release, installing, updating, restart, components }) =>
        Boolean(release && installing && updating?.files.size && restart && components.size),
      ),
      { numRuns: 1, seed: 1 },
    );
    if (!item) throw new Error('no sample');
    const document = JSON.parse(new TextDecoder().decode(encodeDeviceFile(item)));
    // What a record or a list has of may be less.
    const optional =
      /^(?:release|installing|updating|restart|slots(?:\.[^.]+)?|components\.[^.]+|installing\.\d+(?:\.reboot)?|updating\.files\.[^.]+|restart\.after\.\d+|.*\.(?:provides|requires)\.[^.]+)$/;
    let refused = 0;
    for (const path of places(document).filter((at) => at.length > 0)) {
      for (const value of [undefined, null, [], 'Not A Name', -1, 1.5]) {
        if (value === undefined && optional.test(path.join('.'))) continue;
        // Any text.
        if (value === 'Not A Name' && /^restart\.boot$|\.path$/.test(path.join('.'))) continue;
        const text = JSON.stringify(editedObject(document, path, value));
        const error = thrown(() => parseDeviceFile(utf8(text), 'device.json'));
        expect(['shape-invalid', 'json-invalid']).toContain(error.code);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});
