import { createPrivateKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, toHex, utf8 } from '../../../src/core/bytes.ts';
import { decodePkcs8, encodePkcs8 } from '../../../src/keys/pkcs8.ts';
import { thrown } from './thrown.ts';

const refused = (pem: string | Uint8Array) =>
  thrown(() => decodePkcs8(typeof pem === 'string' ? utf8(pem) : pem, 'k.pem'));

// RFC 8410, section 10.3.
const RFC8410 = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
`;
const RFC8410_SEED = 'd4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842';

it('reads and writes the example of RFC 8410', () => {
  const seed = decodePkcs8(utf8(RFC8410), 'k.pem');
  expect(toHex(seed)).toBe(RFC8410_SEED);
  expect(fromUtf8(encodePkcs8(seed))).toBe(RFC8410);
});

it('round-trips, and Node reads the same key', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (seed) => {
      const pem = encodePkcs8(seed);
      expect(decodePkcs8(pem, 'k.pem')).toEqual(seed);
      const jwk = createPrivateKey(fromUtf8(pem)).export({ format: 'jwk' });
      expect(Buffer.from(String(jwk.d), 'base64url')).toEqual(Buffer.from(seed));
    }),
  );
});

it('takes the line ends of Windows and a missing last one', () => {
  expect(toHex(decodePkcs8(utf8(RFC8410.replaceAll('\n', '\r\n')), 'k.pem'))).toBe(RFC8410_SEED);
  expect(toHex(decodePkcs8(utf8(RFC8410.trimEnd()), 'k.pem'))).toBe(RFC8410_SEED);
});

describe('refuses', () => {
  it.each([
    ['nothing', ''],
    ['text before it', `# my key\n${RFC8410}`],
    ['text after it', `${RFC8410}x`],
    ['two keys', RFC8410 + RFC8410],
    ['another kind of PEM', RFC8410.replaceAll('PRIVATE', 'PUBLIC')],
    ['another algorithm (X25519)', RFC8410.replace('K2VwBCIE', 'K2VuBCIE')],
    ['version 1', RFC8410.replace('MC4CAQAw', 'MC4CAQEw')],
    ['a shorter body', RFC8410.replace('VhC\n', 'Vg=\n')],
    ['two lines', RFC8410.replace('MC4CAQAw', 'MC4CAQAw\n')],
  ])('%s', (_name, pem) => {
    expect(refused(pem)).toMatchObject({ code: 'key-invalid', where: 'k.pem' });
  });

  it('bytes that are no text, and a seed of another length', () => {
    expect(refused(new Uint8Array([0xff, 0xfe])).code).toBe('key-invalid');
    expect(thrown(() => encodePkcs8(new Uint8Array(33))).code).toBe('key-invalid');
  });

  it('without quoting what may be a secret', () => {
    const { message, hint } = refused(`${RFC8410}x`);
    expect(`${message}${hint}`).not.toContain('1Ntuctv5');
    expect(`${message}${hint}`).not.toContain('MC4CAQ');
  });
});
