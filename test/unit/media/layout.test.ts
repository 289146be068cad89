import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import type { JsonValue } from '../../../src/core/json/value.ts';
import { encodeMediaLayout, type MediaLayout, parseMediaLayout } from '../../../src/media/layout.ts';
import { refusal } from '../../support/client.ts';
import { NOW } from '../../support/forge.ts';
import { editedObject, type Path } from '../../support/json-edit.ts';
import { name, PRODUCT, STABLE, version } from '../../support/release.ts';

const SHA256 = 'ab'.repeat(32);
const LAYOUT: MediaLayout = {
  made: NOW,
  parts: 1000,
  for: [
    {
      product: PRODUCT,
      channels: [STABLE],
      hardware: [name('gw-a1')],
      from: [version('1.0.0')],
      full: false,
      formats: ['otad'],
      releases: [{ channel: STABLE, version: version('2.0.0') }],
    },
  ],
  files: [
    { key: 'README.txt', length: 3, sha256: SHA256 },
    { key: 'metadata/1.root.json', length: 10, sha256: SHA256 },
  ],
};
const edited = (path: Path, value: JsonValue | undefined) => {
  const document = JSON.parse(Buffer.from(encodeMediaLayout(LAYOUT)).toString('utf8'));
  return utf8(JSON.stringify(editedObject(document, path, value)));
};

describe('the list of what is on a medium', () => {
  it('reads back as it was written', () => {
    expect(parseMediaLayout(encodeMediaLayout(LAYOUT), 'list')).toEqual(LAYOUT);
    const { formats: _, ...all } = LAYOUT.for[0] as MediaLayout['for'][0];
    const plain = { ...LAYOUT, for: [all] };
    expect(parseMediaLayout(encodeMediaLayout(plain), 'list')).toEqual(plain);
  });

  it.each<[string, Path, JsonValue | undefined]>([
    ['another type', ['_type'], 'ota-channel'],
    ['another format', ['format'], 2],
    ['no time', ['made'], undefined],
    ['parts of nothing', ['parts'], 0],
    ['no product', ['for'], []],
    [
      'a product twice',
      ['for'],
      [...JSON.parse(JSON.stringify(LAYOUT.for)), ...JSON.parse(JSON.stringify(LAYOUT.for))],
    ],
    ['a field of its own', ['for', 0, 'extra'], 1],
    ['a product of no name', ['for', 0, 'product'], '../x'],
    ['a format that is none', ['for', 0, 'formats'], ['zip']],
    ['a file that leads out', ['files', 1, 'key'], 'metadata/../../etc/passwd'],
    ['a file of another kind', ['files', 1, 'key'], 'autorun.inf'],
    ['a digest that is none', ['files', 1, 'sha256'], 'AB'],
    [
      'two names that differ by case',
      ['files'],
      [
        { key: 'targets/a', length: 1, sha256: SHA256 },
        { key: 'targets/A', length: 1, sha256: SHA256 },
      ],
    ],
  ])('is refused with %s', async (_what, path, value) => {
    const error = await refusal(() => Promise.resolve(parseMediaLayout(edited(path, value), 'list')));
    expect(error.code).toBe('shape-invalid');
  });
});
