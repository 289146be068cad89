import { constants as crypto, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { Cursor } from '../../../src/core/json/cursor.ts';
import type { JsonObject } from '../../../src/core/json/value.ts';
import { identityOf, readRoleKey, verifyWith } from '../../../src/keys/role-key.ts';
import { keyObject } from '../../support/forge.ts';
import { signerNamed } from '../../support/signers.ts';
import { thrown } from './thrown.ts';

const MESSAGE = utf8('what is signed');
const read = (object: JsonObject, keyid = 'any') => readRoleKey(keyid, new Cursor(object, 'key'));
const pem = (key: KeyObject): string => String(key.export({ type: 'spki', format: 'pem' }));
const object = (keytype: string, scheme: string, publicKey: string, more: JsonObject = {}): JsonObject => ({
  keytype,
  scheme,
  keyval: { public: publicKey },
  ...more,
});

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
let rsa: { publicKey: KeyObject; privateKey: KeyObject };
beforeAll(() => {
  rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
});
const ecdsa = () => object('ecdsa', 'ecdsa-sha2-nistp256', pem(ec.publicKey));
const pss = (key = rsa.publicKey) => object('rsa', 'rsassa-pss-sha256', pem(key));

const signEc = (message: Uint8Array) => new Uint8Array(sign('sha256', message, ec.privateKey));
const signRsa = (message: Uint8Array, saltLength = 32, padding = crypto.RSA_PKCS1_PSS_PADDING) =>
  new Uint8Array(sign('sha256', message, { key: rsa.privateKey, padding, saltLength }));

describe('an ECDSA P-256 key', () => {
  it('verifies what it signed and nothing else', () => {
    const key = read(ecdsa());
    expect(verifyWith(key, MESSAGE, signEc(MESSAGE))).toBe(true);
    expect(verifyWith(key, utf8('another'), signEc(MESSAGE))).toBe(false);
    expect(verifyWith(key, MESSAGE, signEc(MESSAGE).subarray(1))).toBe(false);
    expect(verifyWith(key, MESSAGE, new Uint8Array([...signEc(MESSAGE), 0]))).toBe(false);
    expect(verifyWith(key, MESSAGE, new Uint8Array())).toBe(false);
  });

  it('stands under any keyid with any fields beside, and is one key for it', () => {
    const plain = read(ecdsa(), 'a');
    const disguised = read({ ...ecdsa(), 'x-owner': '@someone' }, 'b');
    expect(disguised.keyid).toBe('b');
    expect(identityOf(disguised)).toBe(identityOf(plain));
    expect(identityOf(plain)).not.toBe(identityOf(read(pss())));
  });

  const other = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const offCurve = pem(ec.publicKey).replace(/.{8}=*\n-----END/, 'AAAAAAA=\n-----END');
  it.each<readonly [string, string]>([
    ['another curve', pem(other.publicKey)],
    ['a private key', String(ec.privateKey.export({ type: 'pkcs8', format: 'pem' }))],
    [
      'the private key under a public name',
      String(ec.privateKey.export({ type: 'pkcs8', format: 'pem' })).replaceAll('PRIVATE', 'PUBLIC'),
    ],
    ['a point that is not on the curve', offCurve],
    ['text around it', `x${pem(ec.publicKey)}`],
    ['two keys', pem(ec.publicKey).repeat(2)],
    ['hex', 'ab'.repeat(65)],
    ['nothing', ''],
  ])('is refused as %s', (_, text) => {
    const error = thrown(() => read(object('ecdsa', 'ecdsa-sha2-nistp256', text)));
    expect(error).toMatchObject({ code: 'shape-invalid', where: 'key.keyval.public' });
  });
});

describe('an RSA key', () => {
  it('verifies RSASSA-PSS with a salt of the digest and nothing else', () => {
    const key = read(pss());
    expect(verifyWith(key, MESSAGE, signRsa(MESSAGE))).toBe(true);
    expect(verifyWith(key, utf8('another'), signRsa(MESSAGE))).toBe(false);
    expect(verifyWith(key, MESSAGE, signRsa(MESSAGE, 20))).toBe(false);
    expect(verifyWith(key, MESSAGE, signRsa(MESSAGE, 0, crypto.RSA_PKCS1_PADDING))).toBe(false);
    expect(verifyWith(key, MESSAGE, signRsa(MESSAGE).subarray(1))).toBe(false);
  });

  it('is refused when it is short', () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
    expect(thrown(() => read(pss(short))).message).toContain('1024 bits');
  });

  it('is refused with a small exponent', () => {
    const small = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).publicKey;
    expect(thrown(() => read(pss(small))).message).toContain('exponent 65537');
  });

  it('is refused where it is no RSA key', () => {
    expect(thrown(() => read(pss(ec.publicKey))).message).toContain('RSA');
  });
});

describe('the scheme is the one of the key', () => {
  it.each([
    ['ecdsa', 'rsassa-pss-sha256'],
    ['ecdsa', 'ecdsa-sha2-nistp384'],
    ['ecdsa', 'ed25519'],
    ['rsa', 'rsa-pkcs1v15-sha256'],
    ['rsa', 'ecdsa-sha2-nistp256'],
    ['ed25519', 'ecdsa-sha2-nistp256'],
  ])('so %s with %s is refused', (keytype, scheme) => {
    const error = thrown(() => read(object(keytype, scheme, pem(ec.publicKey))));
    expect(error).toMatchObject({ code: 'shape-invalid', where: 'key.scheme' });
  });
});

describe('a key of an unknown type', () => {
  const unknown = object('sphincs+', 'sphincs+-shake-256', 'ab');

  it('is kept as it stands and verifies nothing', () => {
    const key = read(unknown, 'k');
    expect(key).toEqual({ keyid: 'k', document: unknown });
    expect(identityOf(key)).toBeUndefined();
    expect(verifyWith(key, MESSAGE, new Uint8Array(64))).toBe(false);
  });

  it('still has the shape of a key', () => {
    expect(thrown(() => read({ keytype: 'x', scheme: 'y', keyval: 'z' })).where).toBe('key.keyval');
    expect(thrown(() => read({ keytype: 'x', keyval: {} })).where).toBe('key.scheme');
    expect(thrown(() => read({ keytype: 7, scheme: 'y', keyval: {} })).where).toBe('key.keytype');
  });
});

it('an Ed25519 key stands under its own keyid only', async () => {
  const { publicKey, sign: signWith } = signerNamed('role key');
  const key = read(keyObject(publicKey), publicKey.keyid);
  expect(verifyWith(key, MESSAGE, await signWith(MESSAGE))).toBe(true);
  expect(thrown(() => read(keyObject(publicKey), 'other')).message).toContain(publicKey.keyid);
});
