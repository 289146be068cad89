import { expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/core/bytes.ts';
import { pae } from '../../../src/keys/dsse.ts';

it('encodes the example of the DSSE specification', () => {
  expect(fromUtf8(pae('http://example.com/HelloWorld', utf8('hello world')))).toBe(
    'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
  );
});

it('counts bytes, not characters, and keeps the payload as it is', () => {
  expect(fromUtf8(pae('ü', utf8('é ')))).toBe('DSSEv1 2 ü 3 é ');
  expect(pae('', new Uint8Array([0, 255]))).toEqual(new Uint8Array([...utf8('DSSEv1 0  2 '), 0, 255]));
});
