import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isExtraName } from '../../../src/bundle/extra-name.ts';
import { encodeManifest } from '../../../src/bundle/manifest.ts';
import { parseManifest } from '../../../src/bundle/parse-manifest.ts';
import { fromUtf8, utf8 } from '../../../src/core/bytes.ts';
import { OtaError } from '../../../src/core/errors.ts';
import { manifests } from './manifests.ts';

describe('a manifest', () => {
  test('property: what is written is what is read', () => {
    fc.assert(
      fc.property(manifests, (manifest) => {
        expect(parseManifest(encodeManifest(manifest).bytes)).toEqual(manifest);
      }),
    );
  });

  test('property: any node put to something else is read as valid or refused with a code, never a TypeError', () => {
    const nodes = fc.constantFrom<unknown>(null, [], 0, -1, 1.5, '', 'x', {}, true, [null], { a: 1 });
    fc.assert(
      fc.property(manifests, fc.nat(), nodes, (manifest, seed, node) => {
        const document: unknown = JSON.parse(fromUtf8(encodeManifest(manifest).bytes));
        const places = holders(document);
        const [holder, key] = places[seed % places.length] ?? [];
        if (holder === undefined || key === undefined) return;
        holder[key] = node;
        try {
          parseManifest(utf8(JSON.stringify(document)));
        } catch (error) {
          expect(error).toBeInstanceOf(OtaError);
        }
      }),
    );
  });

  type Edit = (manifest: Fields) => void;
  type Fields = Record<string, unknown>;
  const SHA = 'a'.repeat(64);
  const base = (): Fields => ({
    _type: 'ota-manifest',
    format: 1,
    product: 'gateway',
    version: '1.0.0',
    hardware: ['gw-a1'],
    components: [part()],
    fixed: [rom()],
    extras: [{ name: 'notes.md', length: 0, sha256: SHA }],
  });
  const part = (edit: Fields = {}): Fields => ({
    name: 'app',
    domain: 'app',
    version: '1.0.0',
    counter: 1,
    image: { length: 5, sha256: SHA },
    payload: { length: 5, sha256: SHA, compression: 'none' },
    provides: {},
    requires: {},
    delta: {},
    reboot: false,
    ...edit,
  });
  const rom = (edit: Fields = {}): Fields => ({
    name: 'rom',
    domain: 'bootloader',
    version: '1.0.0',
    provides: {},
    reason: 'in ROM',
    ...edit,
  });
  const fixed =
    (...edits: Fields[]): Edit =>
    (manifest) => {
      manifest.fixed = edits.map(rom);
    };
  const parts =
    (...edits: Fields[]): Edit =>
    (manifest) => {
      manifest.components = edits.map(part);
    };
  const set =
    (field: string, value: unknown): Edit =>
    (manifest) => {
      manifest[field] = value;
    };

  test('the honest twin of the refusals is read', () => {
    expect(parseManifest(utf8(JSON.stringify(base()))).product).toBe('gateway');
  });

  test.each<[string, Edit, string]>([
    ['another type', set('_type', 'ota-channel'), 'manifest.json._type'],
    ['another format', set('format', 2), 'manifest.json.format'],
    ['an unknown field', set('more', 1), 'manifest.json'],
    ['an unknown field of a component', parts({ url: 'x' }), 'manifest.json.components[0]'],
    ['a product that traverses', set('product', '../x'), 'manifest.json.product'],
    ['a version that traverses', set('version', '1/../../x'), 'manifest.json.version'],
    ['no components', set('components', []), 'manifest.json.components'],
    ['one component twice', parts({}, {}), 'manifest.json.components'],
    [
      'one slot twice',
      parts({ slot: { name: 's', size: 9 } }, { name: 'b', slot: { name: 's', size: 9 } }),
      'manifest.json.components',
    ],
    [
      'an empty image',
      parts({ image: { length: 0, sha256: SHA } }),
      'manifest.json.components[0].image.length',
    ],
    [
      'a digest in capitals',
      parts({ image: { length: 5, sha256: 'A'.repeat(64) } }),
      'manifest.json.components[0].image.sha256',
    ],
    [
      'a payload as it is that is not the image',
      parts({ payload: { length: 5, sha256: 'b'.repeat(64), compression: 'none' } }),
      'manifest.json.components[0].payload',
    ],
    [
      'an unknown compression',
      parts({ payload: { length: 5, sha256: SHA, compression: 'xz' } }),
      'manifest.json.components[0].payload.compression',
    ],
    [
      'a digest of a store that is none',
      parts({ payload: { length: 5, sha256: SHA, compression: 'none', etag: '"d41d8cd9"' } }),
      'manifest.json.components[0].payload.etag',
    ],
    ['no encoder to pack by', parts({ delta: { unpack: [] } }), 'manifest.json.components[0].delta.unpack'],
    [
      'an encoder that has no name',
      parts({ delta: { unpack: ['zlib-1.2', 'Zlib 1'] } }),
      'manifest.json.components[0].delta.unpack[1]',
    ],
    ['a counter below zero', parts({ counter: -1 }), 'manifest.json.components[0].counter'],
    ['a slot below the image', parts({ slot: { name: 's', size: 4 } }), 'manifest.json.components[0].slot'],
    ['foreign hardware', parts({ hardware: ['gw-b2'] }), 'manifest.json.components[0].hardware'],
    ['hardware not sorted', set('hardware', ['b', 'a']), 'manifest.json.hardware'],
    ['hardware twice', set('hardware', ['a', 'a']), 'manifest.json.hardware'],
    [
      'a range that is none',
      parts({ requires: { x: 'no range' } }),
      'manifest.json.components[0].requires.x',
    ],
    [
      'a group that something stands between',
      parts({ group: 'ab' }, { name: 'b' }, { name: 'c', group: 'ab' }),
      'manifest.json.components',
    ],
    ['a reboot that is neither yes nor no', parts({ reboot: 1 }), 'manifest.json.components[0].reboot'],
    ['a fixed part of the name of a component', parts({ name: 'rom' }), 'manifest.json.components'],
    ['fixed parts not sorted', fixed({ name: 'b' }, { name: 'a' }), 'manifest.json.fixed'],
    ['a fixed part without a reason', fixed({ reason: '' }), 'manifest.json.fixed[0].reason'],
    ['a fixed part with an image', fixed({ image: { length: 5, sha256: SHA } }), 'manifest.json.fixed[0]'],
    ['a fixed part on foreign hardware', fixed({ hardware: ['gw-b2'] }), 'manifest.json.fixed[0].hardware'],
    [
      'extras not sorted',
      set(
        'extras',
        ['b.md', 'a.md'].map((name) => ({ name, length: 0, sha256: SHA })),
      ),
      'manifest.json.extras',
    ],
    [
      'an extra that traverses',
      set('extras', [{ name: '../a.md', length: 0, sha256: SHA }]),
      'manifest.json.extras[0].name',
    ],
  ])('%s is refused, with its place', (_, edit, where) => {
    const manifest = base();
    edit(manifest);
    expect(() => parseManifest(utf8(JSON.stringify(manifest)))).toThrow(
      expect.objectContaining({ code: 'shape-invalid', where }),
    );
  });
});

/** Every place of a document, as the object or list that holds it and its key. */
function holders(node: unknown): [Record<string, unknown>, string][] {
  if (typeof node !== 'object' || node === null) return [];
  const holder = node as Record<string, unknown>;
  return Object.keys(holder).flatMap((key): [Record<string, unknown>, string][] => [
    [holder, key],
    ...holders(holder[key]),
  ]);
}

test.each([
  ['release-notes.md', true],
  ['sbom.spdx.json', true],
  [`${'a'.repeat(90)}.md`, true],
  [`${'a'.repeat(91)}.md`, false],
  ['README.md', false],
  ['notes', false],
  ['manifest.json', false],
  ['signatures.json', false],
  ['linux.from.0123456789abcdef.otad', false],
  ['.hidden', false],
  ['a/b.md', false],
  ['', false],
])('the name of an extra: %s', (name, allowed) => {
  expect(isExtraName(name)).toBe(allowed);
});
