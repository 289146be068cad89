import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printable } from '../../../src/core/printable.ts';

test.each([
  ['\u0000\t\n\r\u001b[31m', '\\u0000\\u0009\\u000a\\u000d\\u001b[31m'],
  ['\u007f\u0080\u009b\u009f', '\\u007f\\u0080\\u009b\\u009f'],
  ['\u061c\u200e\u200f\u202a\u202e\u2066\u2069', '\\u061c\\u200e\\u200f\\u202a\\u202e\\u2066\\u2069'],
  ['Zürich – 東京 🚀 "a\\b" עברית', 'Zürich – 東京 🚀 "a\\b" עברית'],
])('%j is shown as %j', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('property: no control is left, and what is shown once stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const shown = printable(text);
      expect(shown).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
      expect(printable(shown)).toBe(shown);
    }),
  );
});
