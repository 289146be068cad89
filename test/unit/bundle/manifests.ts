import fc from 'fast-check';
import type { Manifest, ManifestComponent } from '../../../src/bundle/manifest.ts';
import type { FixedComponent } from '../../../src/bundle/release-file/model.ts';
import { DOMAINS, type Name, parseName, parseVersion, type Version } from '../../../src/core/names.ts';

const characters = 'abcdefghijklmnopqrstuvwxyz0123456789';
export const names: fc.Arbitrary<Name> = fc
  .tuple(
    fc.constantFrom(...characters),
    fc.string({ unit: fc.constantFrom(...characters, '-'), maxLength: 62 }),
  )
  .map(([first, rest]) => parseName(first + rest, 'a name'));

const versions: fc.Arbitrary<Version> = fc
  .tuple(fc.nat(3000), fc.nat(300), fc.nat(300), fc.constantFrom('', '-rc.1', '-a-b', 'B'))
  .map(([major, minor, patch, tail]) => parseVersion(`${major}.${minor}.${patch}${tail}`, 'a version'));

const sha256s = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 });
const ranges = fc.constantFrom('*', '>=1.2.3', '^2', '>=3 <4', '1.x || >=2.5.0');
const sortedNames = fc.uniqueArray(names, { minLength: 1, maxLength: 4 }).map((list) => [...list].sort());

const components = (
  hardware: readonly Name[],
): fc.Arbitrary<Omit<ManifestComponent, 'name' | 'slot' | 'group'>> =>
  fc.record(
    {
      domain: fc.constantFrom(...DOMAINS),
      version: versions,
      counter: fc.maxSafeNat(),
      image: fc.record({ length: fc.integer({ min: 1 }), sha256: sha256s }),
      payload: fc.record({
        length: fc.integer({ min: 1 }),
        sha256: sha256s,
        compression: fc.constant('zstd' as const),
      }),
      provides: fc.dictionary(names, versions, { maxKeys: 3, noNullPrototype: true }),
      requires: fc.dictionary(names, ranges, { maxKeys: 3, noNullPrototype: true }),
      delta: fc.oneof(
        fc.constant(false as const),
        fc.constant({}),
        fc.record(
          {
            memory: fc.integer({ min: 1 }),
            unpack: fc.oneof(
              fc.constant(false as const),
              fc.subarray(['zlib-1.2', 'zstd-1.5.4', 'later-2'], { minLength: 1 }),
            ),
            formats: fc.subarray(['otad', 'bsdiff40', 'vcdiff', 'later'], { minLength: 1 }),
          },
          { requiredKeys: ['memory'] },
        ),
      ),
      hardware: fc.subarray([...hardware], { minLength: 1 }),
      reboot: fc.boolean(),
    },
    {
      requiredKeys: [
        'domain',
        'version',
        'counter',
        'image',
        'payload',
        'provides',
        'requires',
        'delta',
        'reboot',
      ],
    },
  );

/** Named so that none has the name of an updatable one. */
const fixedComponents = (hardware: readonly Name[]): fc.Arbitrary<FixedComponent> =>
  fc.record(
    {
      name: names.map((name) => parseName(`rom-${name.slice(0, 58)}`, 'a name')),
      domain: fc.constantFrom(...DOMAINS),
      version: versions,
      provides: fc.dictionary(names, versions, { maxKeys: 2, noNullPrototype: true }),
      hardware: fc.subarray([...hardware], { minLength: 1 }),
      reason: fc.string({ minLength: 1, maxLength: 20 }),
    },
    { requiredKeys: ['name', 'domain', 'version', 'provides', 'reason'] },
  );

const extraNames = fc
  .tuple(names, fc.constantFrom('.md', '.json', '.spdx.json', '_1.txt'))
  .map(([stem, tail]) => `${stem.slice(0, 60)}${tail}`)
  .filter((name) => name !== 'manifest.json' && name !== 'signatures.json');

/** Any manifest that there can be. */
export const manifests: fc.Arbitrary<Manifest> = sortedNames.chain((hardware) =>
  fc.record({
    product: names,
    version: versions,
    hardware: fc.constant(hardware),
    components: fc
      .uniqueArray(fc.tuple(names, components(hardware), fc.boolean(), fc.boolean()), {
        minLength: 1,
        maxLength: 5,
        selector: ([name]) => name,
      })
      .map((list) =>
        list.map(([name, component, slot, grouped]) => ({
          name,
          ...component,
          ...(grouped ? { group: name } : {}),
          ...(slot ? { slot: { name, size: component.image.length } } : {}),
        })),
      ),
    fixed: fc
      .uniqueArray(fixedComponents(hardware), { maxLength: 2, selector: ({ name }) => name })
      .map((list) => [...list].sort((a, b) => (a.name < b.name ? -1 : 1))),
    extras: fc
      .uniqueArray(fc.record({ name: extraNames, length: fc.nat(), sha256: sha256s }), {
        maxLength: 3,
        selector: ({ name }) => name,
      })
      .map((list) => [...list].sort((a, b) => (a.name < b.name ? -1 : 1))),
  }),
);
