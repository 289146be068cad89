import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { Hasher, isSha256, sameDigest, seal, sha256 } from '../../../src/core/digest.ts';

it('SHA-256 of "abc" (FIPS 180-4)', () => {
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect(sha256(utf8('abc'))).toBe(abc);
  expect(seal(utf8('abc'))).toEqual({ bytes: utf8('abc'), sha256: abc, length: 3 });
  expect(isSha256(abc)).toBe(true);
});

it.each(['', 'a'.repeat(63), 'a'.repeat(65), 'A'.repeat(64), `${'a'.repeat(64)}\n`])(
  '%j is no SHA-256',
  (text) => {
    expect(isSha256(text)).toBe(false);
  },
);

it('gives the same digest however a stream is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), (pieces) => {
      const hasher = new Hasher();
      for (const piece of pieces) hasher.update(piece);
      const whole = Buffer.concat(pieces);
      expect(hasher.length).toBe(whole.length);
      const digest = hasher.digest();
      expect(digest).toEqual({
        sha256: createHash('sha256').update(whole).digest('hex'),
        length: whole.length,
      });
      expect(sameDigest(digest, seal(whole))).toBe(true);
      expect(sameDigest(digest, { ...digest, length: digest.length + 1 })).toBe(false);
      expect(sameDigest(digest, { ...digest, sha256: 'a'.repeat(64) })).toBe(false);
    }),
  );
});
