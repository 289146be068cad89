import { beforeEach, describe, expect, it, vi } from 'vitest';
import { keySource } from '../../../../src/keys/signers/open.ts';
import { tokenError } from '../../../../src/keys/signers/pkcs11-errors.ts';
import type { Secrets } from '../../../../src/keys/signers/source.ts';
import { parseSignerUri } from '../../../../src/keys/signers/uri.ts';
import { seeded } from '../../../support/release.ts';
import { rejected } from '../thrown.ts';

/** What pkcs11js throws, with the return value of the module. */
const failure = (code: number, name = 'CKR_X') => Object.assign(new Error(name), { code });

/** A token as no software token is: with a PIN pad, nearly locked, pulled out, or lying. */
const token = vi.hoisted(() => ({
  flags: 0,
  initialize: undefined as Error | undefined,
  login: undefined as Error | undefined,
  sign: undefined as Error | undefined,
  signature: undefined as Buffer | undefined,
  point: undefined as Buffer | undefined,
  pins: [] as (string | undefined)[],
}));

vi.mock('pkcs11js', () => {
  class PKCS11 {
    load() {}
    C_Initialize() {
      if (token.initialize) throw token.initialize;
    }
    C_Finalize() {}
    C_GetInfo = () => ({
      manufacturerID: 'maker',
      libraryDescription: 'lib',
      libraryVersion: { major: 1, minor: 2 },
    });
    C_GetSlotList = () => [Buffer.from([7, 0, 0, 0])];
    C_GetSlotInfo = () => ({ slotDescription: 'slot  ', manufacturerID: 'maker' });
    C_GetTokenInfo = () => ({
      label: 'hsm   ',
      manufacturerID: 'maker',
      model: 'm',
      serialNumber: '1',
      flags: 0x400 | token.flags,
    });
    C_OpenSession = () => Buffer.alloc(8);
    C_CloseSession() {}
    C_GetSessionInfo = () => ({ state: 0 });
    C_Login(_: Buffer, __: number, pin?: string) {
      token.pins.push(pin);
      if (token.login) throw token.login;
    }
    C_FindObjectsInit() {}
    C_FindObjects = () => [Buffer.alloc(8)];
    C_FindObjectsFinal() {}
    C_GetAttributeValue(_: Buffer, __: Buffer, [{ type } = { type: 0 }]: readonly { type: number }[]) {
      if (type !== 0x181 || token.point === undefined) throw failure(0x12);
      return [{ value: token.point }];
    }
    C_SignInit() {
      if (token.sign) throw token.sign;
    }
    C_SignAsync = async () => token.signature;
  }
  return { default: { PKCS11 } };
});

const MESSAGE = new Uint8Array([1, 2, 3]);
const KEY = seeded(4);
let notes: (string | undefined)[];
const secrets: Secrets = {
  passphrase: () => expect.fail('no passphrase is needed'),
  pin: async (_label, _source, note) => {
    notes.push(note);
    return '1234';
  },
};
const source = (attributes = 'object=a', path = '/fake.so') =>
  keySource(parseSignerUri(`pkcs11:${attributes}?module-path=${path}`), {});

beforeEach(async () => {
  notes = [];
  Object.assign(token, {
    flags: 0x4,
    initialize: undefined,
    login: undefined,
    sign: undefined,
    pins: [],
    point: Buffer.from(KEY.publicKey.raw),
    signature: Buffer.from(await KEY.sign(MESSAGE)),
  });
});

describe('a PIN', () => {
  it.each([
    [0x4, ['1234'], [undefined]],
    [0x1_0004, ['1234'], ['a wrong PIN was given before']],
    [0x3_0004, ['1234'], ['last try before it locks']],
    [0x104, [undefined], []],
    [0, [], []],
  ])('by the flags %i of the token', async (flags, pins, asked) => {
    token.flags = flags;
    await (await source().open(secrets)).sign(MESSAGE);
    expect(token.pins).toEqual(pins);
    expect(notes).toEqual(asked);
  });

  it('that was given before in this process is as good', async () => {
    token.login = failure(0x100);
    expect(await (await source().open(secrets)).sign(MESSAGE)).toHaveLength(64);
  });
});

describe('a token that lies', () => {
  it('gives no signature that does not verify', async () => {
    const signer = await source().open(secrets);
    expect(await signer.sign(MESSAGE)).toEqual(await KEY.sign(MESSAGE));
    token.signature = Buffer.from(await seeded(5).sign(MESSAGE));
    expect(await rejected(signer.sign(MESSAGE))).toMatchObject({ code: 'signature-invalid', exitCode: 4 });
    expect((await rejected(signer.sign(new Uint8Array([4])))).code).toBe('signature-invalid');
  });

  it.each([
    ['no point', undefined],
    ['a point of another curve', Buffer.alloc(67, 4)],
    ['bytes that are no DER', Buffer.alloc(34, 0x30)],
  ])('gives no public key of %s', async (_, point) => {
    token.point = point;
    expect(await source().peek()).toBeUndefined();
    expect(await rejected(source().open(secrets))).toMatchObject({ code: 'key-invalid' });
  });

  it('gives no weak key', async () => {
    token.point = Buffer.from([1, ...new Uint8Array(31)]);
    expect((await rejected(source().open(secrets))).code).toBe('key-invalid');
  });
});

it('a slot is chosen by its number, whatever its width', async () => {
  expect(await source('slot-id=7;object=a').peek()).toEqual(KEY.publicKey);
  expect((await rejected(source('slot-id=8;object=a').peek())).code).toBe('token-missing');
});

it('a module that does not start is not kept, and one that has started already is used', async () => {
  token.initialize = failure(0x5);
  expect((await rejected(source('object=a', '/other.so').peek())).code).toBe('module-missing');
  token.initialize = failure(0x191);
  expect(await source('object=a', '/other.so').peek()).toEqual(KEY.publicKey);
});

it.each([
  [0xa0, 'pin-wrong', 'locks itself'],
  [0xa1, 'pin-wrong', 'locks itself'],
  [0xa2, 'pin-wrong', 'locks itself'],
  [0xa3, 'token-failed', 'init-pin'],
  [0x102, 'token-failed', 'init-pin'],
  [0xa4, 'pin-locked', 'security officer'],
  [0xe0, 'token-missing', 'Plug it in'],
  [0x32, 'token-missing', 'Plug it in'],
  [0x70, 'token-failed', 'another kind'],
  [0x30, 'token-failed', 'list-objects'],
])('what the module returns as %i is %s', async (code, expected, hint) => {
  const signer = await source().open(secrets);
  token.sign = failure(code);
  const error = await rejected(signer.sign(MESSAGE));
  expect(error).toMatchObject({ code: expected, exitCode: 3 });
  expect(error.hint).toContain(hint);
  token.login = failure(code);
  expect((await rejected(source().open(secrets))).code).toBe(expected);
});

it('what is no error of the module is passed on as what it says', () => {
  expect(tokenError(new TypeError('odd'), 'pkcs11:object=a', 'sign').message).toContain('odd');
  expect(tokenError('odd', 'pkcs11:object=a', 'sign').message).toContain('odd');
});
