import { createHash as nodeHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as node from '../../../../src/core/bytes.ts';
import * as browser from '../../../../src/media/page/adapters/bytes.ts';
import { createHash } from '../../../../src/media/page/adapters/crypto.ts';

/** For comparing: quicker than byte by byte, and apart from nothing at all. */
const hex = (found: Uint8Array | undefined): string | undefined =>
  found && Buffer.from(found).toString('hex');
const bytes = fc.uint8Array({ maxLength: 300 });

describe('what stands for Node in a browser', () => {
  test('has every function of core/bytes', () => {
    expect(Object.keys(browser).sort()).toEqual(Object.keys(node).sort());
  });

  test('gives the same bytes and texts', () => {
    fc.assert(
      fc.property(
        bytes,
        bytes,
        fc.string({ unit: fc.constantFrom('a', 'A', '0', '\u0000', 'é', '€', '😀', '\ufeff') }),
        (a, b, text) => {
          expect(hex(browser.utf8(text))).toBe(hex(node.utf8(text)));
          expect(browser.fromUtf8(node.utf8(text))).toBe(node.fromUtf8(node.utf8(text)));
          expect(browser.toHex(a)).toBe(node.toHex(a));
          expect(hex(browser.fromHex(node.toHex(a)))).toBe(hex(a));
          expect(hex(browser.fromHex(text))).toBe(hex(node.fromHex(text)));
          expect(browser.toBase64(a)).toBe(node.toBase64(a));
          expect(hex(browser.fromBase64(node.toBase64(a)))).toBe(hex(a));
          expect(browser.compareBytes(a, b)).toBe(node.compareBytes(a, b));
          expect(browser.equalBytes(a, b)).toBe(node.equalBytes(a, b));
          expect(browser.equalBytes(a, Uint8Array.from(a))).toBe(true);
          expect(hex(browser.concatBytes(a, b))).toBe(hex(node.concatBytes(a, b)));
        },
      ),
      { numRuns: 100 },
    );
  });

  test.each([
    'a',
    'ab',
    'abc',
    'abcd ',
    'ab=d',
    'abc=',
    'abcd',
    '////',
    '\u00e9',
    '',
    '====',
    'YWJj\nZGVm',
    'YWI',
    'YWJ=',
  ])('takes or refuses %j as base64 alike', (text) => {
    expect(hex(browser.fromBase64(text))).toBe(hex(node.fromBase64(text)));
  });

  test('takes base64 that is longer than one call of the browser', () => {
    const long = new Uint8Array(100_000).map((_, index) => index * 7);
    expect(browser.toBase64(long)).toBe(node.toBase64(long));
    expect(hex(browser.fromBase64(node.toBase64(long)))).toBe(hex(long));
  });

  test('refuses UTF-8 that is none', () => {
    expect(() => browser.fromUtf8(Uint8Array.of(0xff))).toThrow(TypeError);
  });

  test.each(['sha256', 'sha512'] as const)('digests by %s, piece by piece', (algorithm) => {
    fc.assert(
      fc.property(fc.array(bytes), (pieces) => {
        const [ours, nodes] = [createHash(algorithm), nodeHash(algorithm)];
        for (const piece of pieces) {
          ours.update(piece);
          nodes.update(piece);
        }
        expect(ours.digest('hex')).toBe(nodes.digest('hex'));
      }),
      { numRuns: 50 },
    );
    expect(createHash(algorithm).digest()).toEqual(new Uint8Array(nodeHash(algorithm).digest()));
  });
});
