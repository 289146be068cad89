import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OtaError } from '../../../../src/core/errors.ts';
import { parseSignerUri } from '../../../../src/keys/signers/uri.ts';
import { thrown } from '../thrown.ts';

const refused = (text: string) => thrown(() => parseSignerUri(text));

describe('a key file', () => {
  it.each([
    ['keys/release.key.age', 'keys/release.key.age'],
    ['/vault/release.key.age', '/vault/release.key.age'],
    ['file:keys/release%20one.key.age', 'keys/release one.key.age'],
    ['file:///vault/a%3Fb', '/vault/a?b'],
    ['file:/vault/a', '/vault/a'],
    ['FILE:/vault/a', '/vault/a'],
    ['./pkcs11:odd', 'pkcs11:odd'],
    ['keys/50%.key.age', 'keys/50%.key.age'],
    ['C:key', 'C:key'],
  ])('%j is the path %j', (text, path) => {
    expect(parseSignerUri(text)).toEqual({ kind: 'file', uri: text, path });
  });

  it('is relative to the folder that is given, unless absolute', () => {
    expect(parseSignerUri('keys/a', 'project')).toMatchObject({ path: 'project/keys/a' });
    expect(parseSignerUri('file:keys/a', 'project')).toMatchObject({ path: 'project/keys/a' });
    expect(parseSignerUri('/keys/a', 'project')).toMatchObject({ path: '/keys/a' });
  });

  it.each(['', 'file:', 'file:a?b', 'file:a#b', 'file://host/a', 'file:%zz', 'file:a%00b'])(
    '%j is refused',
    (text) => {
      expect(refused(text)).toMatchObject({ code: 'key-uri-invalid', exitCode: 3 });
      expect(refused(text).hint).toBeTruthy();
    },
  );
});

describe('another scheme', () => {
  it.each(['s3:key', 'https://keys/a', 'pkcs12:a', 'sshagent:'])('%j is refused', (text) => {
    expect(refused(text)).toMatchObject({ code: 'key-uri-invalid', where: text });
    expect(refused(text).hint).toContain('ssh-agent:');
  });
});

describe('pkcs11:', () => {
  it('reads what p11tool and RFC 7512 write', () => {
    expect(
      parseSignerUri(
        'pkcs11:model=SoftHSM%20v2;manufacturer=SoftHSM%20project;serial=2ac1;token=My%20token%25;id=%01%ff~a;object=release;type=private?pin-source=file:/etc/pin&module-path=/usr/lib/softhsm.so',
      ),
    ).toMatchObject({
      kind: 'pkcs11',
      token: { model: 'SoftHSM v2', manufacturer: 'SoftHSM project', serial: '2ac1', token: 'My token%' },
      id: Uint8Array.of(1, 255, 0x7e, 0x61),
      object: 'release',
      modulePath: '/usr/lib/softhsm.so',
      pinSource: { file: '/etc/pin' },
    });
  });

  it.each([
    ['pin-source=file:pin.txt', { file: 'project/pin.txt' }],
    ['pin-source=pin.txt', { file: 'project/pin.txt' }],
    ['pin-source=file:///etc/pin', { file: '/etc/pin' }],
    ['pin-source=fd:3', { fd: 3 }],
  ])('%s', (query, pinSource) => {
    expect(parseSignerUri(`pkcs11:object=a?${query}`, 'project')).toMatchObject({ pinSource });
  });

  it.each([
    'pkcs11:',
    'pkcs11:token=a',
    'pkcs11:object=a;object=b',
    'pkcs11:object=a;colour=red',
    'pkcs11:object=a;type=cert',
    'pkcs11:object=a;token',
    'pkcs11:object=a;=b',
    'pkcs11:object=%zz',
    'pkcs11:id=',
    'pkcs11:id=%0',
    'pkcs11:object=a?module-name=softhsm2',
    'pkcs11:object=a?module-path=/a&module-path=/b',
    'pkcs11:object=a?module-path=/a?pin-source=/b',
    'pkcs11:object=a?pin-source=|pinomatic',
    'pkcs11:object=a?pin-source=https://pins',
    'pkcs11:object=a?pin-source=',
  ])('%j is refused', (text) => {
    expect(refused(text)).toMatchObject({ code: 'key-uri-invalid', exitCode: 3 });
    expect(refused(text).hint).toBeTruthy();
  });

  it.each([
    'pkcs11:object=a?pin-value=86753',
    'pkcs11:object=a;pin-value=86753',
    'pkcs11:object=a?pin=86753',
    'pkcs11:object=a?pin-valu=86753',
    'pkcs11:object=a?PIN-VALUE=86753',
    'pkcs11:token=a;token=b?pin-value=86753',
    'pkcs11:object=a?pin-value%3D86753',
  ])('a PIN in %j is refused, and shown by no error', (text) => {
    const error = refused(text);
    expect(error.code).toBe('key-uri-invalid');
    expect(JSON.stringify([error.message, error.where, error.hint])).not.toContain('86753');
  });

  it('says where a PIN belongs', () => {
    expect(refused('pkcs11:object=a?pin-value=1').hint).toContain('pin-source=file:PATH');
  });
});

describe('ssh-agent:', () => {
  it.each([
    ['ssh-agent:', ''],
    ['ssh-agent:SHA256:2nXd+Kk/a', 'SHA256:2nXd+Kk/a'],
    ['ssh-agent:release%40office', 'release@office'],
  ])('%s', (text, which) => {
    expect(parseSignerUri(text)).toEqual({ kind: 'ssh-agent', uri: text, which });
  });
});

describe('exec:', () => {
  it('takes a program, its arguments in their order, a public key and a time', () => {
    expect(parseSignerUri('exec:bin/sign%20it?arg=-k&public=r.pub&arg=a%26b&arg=&timeout=5', 'p')).toEqual({
      kind: 'exec',
      uri: 'exec:bin/sign%20it?arg=-k&public=r.pub&arg=a%26b&arg=&timeout=5',
      program: 'p/bin/sign it',
      args: ['-k', 'a&b', ''],
      publicKeyPath: 'p/r.pub',
      timeout: 5,
    });
  });

  it('looks up in PATH what has no slash, and nothing else', () => {
    expect(parseSignerUri('exec:sign?public=a')).toMatchObject({ program: 'sign', timeout: 60 });
    expect(parseSignerUri('exec:./sign?public=a')).toMatchObject({ program: './sign' });
    expect(parseSignerUri('exec:/sign?public=a', 'p')).toMatchObject({ program: '/sign' });
  });

  it.each([
    'exec:',
    'exec:sign',
    'exec:?public=a',
    'exec:sign?public=',
    'exec:sign?public=a&public=b',
    'exec:sign?public=a&timeout=0',
    'exec:sign?public=a&timeout=3601',
    'exec:sign?public=a&timeout=1&timeout=2',
    'exec:sign?public=a&shell=1',
    'exec:sign?public=a&arg=%',
  ])('%j is refused', (text) => {
    expect(refused(text)).toMatchObject({ code: 'key-uri-invalid', exitCode: 3 });
  });
});

it('gives a key or an OtaError for any text, whatever it starts with', () => {
  const scheme = fc.constantFrom(
    '',
    'file:',
    'pkcs11:',
    'ssh-agent:',
    'exec:',
    'pkcs11:object=a?',
    'exec:a?public=',
  );
  fc.assert(
    fc.property(scheme, fc.string(), (start, rest) => {
      try {
        expect(parseSignerUri(start + rest).uri).toBe(start + rest);
      } catch (error) {
        expect(error).toBeInstanceOf(OtaError);
      }
    }),
  );
});
