import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/core/digest.ts';
import { canonicalJson } from '../../../src/core/json/canonical.ts';
import { Cursor } from '../../../src/core/json/cursor.ts';
import type { JsonValue } from '../../../src/core/json/value.ts';
import { signerFromSeed } from '../../../src/keys/ed25519.ts';
import { tufKey } from '../../../src/keys/public-key.ts';
import { publicKeyFromTuf } from '../../../src/keys/tuf-key.ts';
import { thrown } from './thrown.ts';

const key = signerFromSeed(new Uint8Array(32).fill(3)).publicKey;
const read = (value: JsonValue) => publicKeyFromTuf(new Cursor(value, 'signed.keys.k'));
const object = tufKey(key.raw);
const publicHex = String((object.keyval as { public: string }).public);

it('reads what is written, with the keyid of the object', () => {
  expect(read(object)).toEqual(key);
  expect(key.keyid).toBe(sha256(canonicalJson(object)));
});

describe('refuses', () => {
  it.each<[string, JsonValue, string]>([
    ['another key type', { ...object, keytype: 'rsa' }, 'keytype'],
    ['another scheme', { ...object, scheme: 'ed25519ph' }, 'scheme'],
    ['an unknown field', { ...object, x: 1 }, '"x"'],
    ['an unknown field of the value', { ...object, keyval: { public: publicHex, private: '' } }, '"private"'],
    ['capital hex', { ...object, keyval: { public: publicHex.toUpperCase() } }, 'lower-case'],
    ['no value', { keytype: 'ed25519', scheme: 'ed25519' }, 'keyval'],
    ['a number', { ...object, keyval: { public: 7 } }, 'keyval.public'],
    ['null', null, 'must be an object'],
  ])('%s', (_name, value, part) => {
    const error = thrown(() => read(value));
    expect(error.code).toBe('shape-invalid');
    expect(error.message).toContain(part);
  });

  it('a key that is no key, saying where', () => {
    const error = thrown(() => read({ ...object, keyval: { public: '00'.repeat(32) } }));
    expect(error).toMatchObject({ code: 'key-invalid', where: 'signed.keys.k.keyval.public' });
  });
});
