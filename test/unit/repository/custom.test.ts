import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json/value.ts';
import { parseName, parseVersion } from '../../../src/core/names.ts';
import * as custom from '../../../src/repository/custom.ts';
import { refusal } from '../../support/client.ts';
import { editedObject, places } from '../../support/json-edit.ts';

const name = (text: string) => parseName(text, 'name');
const version = parseVersion('1.9.2', 'version');
const image = { length: 7, sha256: 'cd'.repeat(32) };
const payload: custom.PayloadCustom = {
  hardwareIds: [name('gw-a1'), name('gw-b2')],
  releaseCounter: 4,
  domain: 'coprocessor',
  component: name('radio'),
  version,
  image,
  compression: name('none'),
};
const delta: custom.DeltaCustom = {
  component: name('radio'),
  version,
  delta: { format: name('bsdiff'), memory: 65536, base: { ...image, length: 9 }, image },
};
const manifest: custom.ManifestCustom = {
  product: name('gateway'),
  version,
  hardwareIds: [name('gw-a1')],
  sequence: 3,
  time: 1_700_000_000,
};

const KINDS = [
  ['a payload', custom.encodePayloadCustom(payload), custom.parsePayloadCustom, payload],
  ['a delta', custom.encodeDeltaCustom(delta), custom.parseDeltaCustom, delta],
  ['a manifest', custom.encodeManifestCustom(manifest), custom.parseManifestCustom, manifest],
] as const;

describe.each(KINDS)('custom of %s', (_, object, parse, value) => {
  it('reads back, also with fields of others', () => {
    expect(parse({ ...object, theirs: 1 }, 'a/b')).toEqual(value);
  });

  it('is refused at any node of another shape, and where one is missing', async () => {
    const nodes = places(object).filter((path) => path.length > 0);
    for (const path of nodes) {
      expect((await refusal(() => parse(editedObject(object, path, { not: 'this' }), 'a/b'))).code).toBe(
        'shape-invalid',
      );
      if (typeof path.at(-1) === 'number') continue;
      expect((await refusal(() => parse(editedObject(object, path, undefined), 'a/b'))).where).toContain(
        'a/b',
      );
    }
    expect((await refusal(() => parse(undefined, 'a/b'))).code).toBe('shape-invalid');
  });
});

it('says which target it is about', async () => {
  const wrong: JsonObject = { ...custom.encodePayloadCustom(payload), domain: 'kernel' };
  const error = await refusal(() => custom.parsePayloadCustom(wrong, 'gateway/1.9.2/radio'));
  expect(error.message).toBe(
    'gateway/1.9.2/radio: custom.domain must be one of bootloader, os, app, coprocessor, not "kernel"',
  );
});
