import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  concatBytes,
  equalBytes,
  fromBase64,
  fromHex,
  fromUtf8,
  toBase64,
  toHex,
  utf8,
} from '../../../src/core/bytes.ts';

const bytes = fc.uint8Array({ maxLength: 40 });

describe('round trips', () => {
  it('hex, base64 and UTF-8 give back what they were given', () => {
    fc.assert(
      fc.property(
        bytes,
        fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
        (data, text) => {
          expect(fromHex(toHex(data))).toEqual(data);
          expect(fromBase64(toBase64(data))).toEqual(data);
          expect(fromUtf8(utf8(text))).toBe(text);
        },
      ),
    );
  });
});

describe('refusals', () => {
  it.each(['0', 'AB', 'zz', '0x00', ' 00', '00\n', 'é0'])('%j is no hex', (text) => {
    expect(fromHex(text)).toBeUndefined();
  });

  it.each(['A', 'AA', 'AAA', 'AB==', 'AA==\n', 'A A=', '-_==', 'AAAA=', '====', 'AA==AA=='])(
    '%j is no base64',
    (text) => {
      expect(fromBase64(text)).toBeUndefined();
    },
  );

  it('accepts one spelling of each value only', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ABab01+/-_= \n'), maxLength: 12 }), (text) => {
        const read = fromBase64(text);
        if (read) expect(toBase64(read)).toBe(text);
      }),
    );
  });

  it.each([
    ['a stray continuation', [0x80]],
    ['an overlong form', [0xc0, 0xaf]],
    ['half of a surrogate pair', [0xed, 0xa0, 0x80]],
    ['a sequence cut short', [0xe2, 0x82]],
    ['a value past U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ])('%s is not UTF-8', (_, data) => {
    expect(() => fromUtf8(Uint8Array.from(data))).toThrow(TypeError);
  });

  it('keeps a byte order mark for whoever reads on', () => {
    expect(fromUtf8(Uint8Array.from([0xef, 0xbb, 0xbf, 0x61]))).toBe('\ufeffa');
  });
});

it('equalBytes and concatBytes', () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      expect(equalBytes(a, b)).toBe(toHex(a) === toHex(b));
      expect(toHex(concatBytes(a, b))).toBe(toHex(a) + toHex(b));
    }),
  );
  const part = concatBytes(new Uint8Array([1, 2, 3])).subarray(1);
  expect(equalBytes(part, new Uint8Array([2, 3]))).toBe(true);
});
