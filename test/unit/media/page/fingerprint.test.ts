import fc from 'fast-check';
import { expect, test } from 'vitest';
import { grouped, readFingerprint, slipText } from '../../../../src/media/page/fingerprint.ts';

const hex = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));

test('a fingerprint is read however it is grouped', () => {
  fc.assert(
    fc.property(hex, fc.constantFrom(' ', ':', '-', '\n', '\t', '\u00a0', '–', ''), (text, between) => {
      const typed = (text.match(/.{4}/g) ?? []).join(between);
      expect(readFingerprint(typed)).toEqual({ hex: text });
      expect(readFingerprint(` SHA-256: ${typed.toUpperCase()}\n`)).toEqual({ hex: text });
      expect(readFingerprint(grouped(text))).toEqual({ hex: text });
    }),
    { numRuns: 30 },
  );
});

test.each([
  ['', 'Type the fingerprint first'],
  ['ab'.repeat(31), '62: 2 digits missing'],
  ['a'.repeat(65), '65: 1 digit too many'],
  [`${'ab'.repeat(31)}o0`, 'The 16th group of four has “o”'],
  [`g${'0'.repeat(63)}`, 'The 1st group of four has “g”'],
  [`0000 00l0${'0'.repeat(56)}`, 'Is it 1 (one)?'],
  ['ab'.repeat(31).concat('é0'), 'has “é”'],
])('%j is told to be wrong', (text, message) => {
  expect(readFingerprint(text)).toEqual({ fault: expect.stringContaining(message) });
});

test('a slip is told by its place up to eight digits, and another fingerprint is none', () => {
  const known = '0123456789abcdef'.repeat(4);
  const slip = (count: number) =>
    [...known].map((digit, at) => (at % 8 === 0 && at / 8 < count ? 'x' : digit)).join('');
  expect(slipText(slip(1), [known])).toContain('the 1st group of four');
  expect(slipText(slip(2), ['f'.repeat(64), known])).toContain('the 1st, 3rd groups of four');
  expect(slipText(slip(8), [known])).toContain('15th');
  expect(slipText(`x${slip(8).slice(1, 63)}x`, [known])).toBeUndefined();
  expect(slipText(known, [known])).toBeUndefined();
});
