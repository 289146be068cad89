import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/core/bytes.ts';
import { OtaError } from '../../../src/core/errors.ts';
import { byCodePoint, canonicalJson } from '../../../src/core/json/canonical.ts';
import { parseJson } from '../../../src/core/json/parse.ts';
import { compactJson, printJson } from '../../../src/core/json/print.ts';
import type { JsonValue } from '../../../src/core/json/value.ts';
import { json as value } from '../../support/role-documents.ts';

const plain = (document: JsonValue): unknown => JSON.parse(JSON.stringify(document));

describe('the strict parser on what JSON.parse reads as well', () => {
  it('reads the same, however it is written', () => {
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 1, '\t'), (document, space) => {
        const text = JSON.stringify(document, null, space);
        expect(plain(parseJson(utf8(text)))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('reads what is printed back', () => {
    fc.assert(
      fc.property(value, (document) => {
        for (const print of [printJson, compactJson])
          expect(plain(parseJson(print(document)))).toEqual(plain(document));
      }),
    );
  });

  it('accepts no text that JSON.parse refuses or reads otherwise', () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'{}[]",:\\u0019-+.eE truefalsn'), maxLength: 12 }),
      fc.tuple(value, fc.nat(), fc.constantFrom(...'{}[]",:\\0e.- ')).map(([document, at, char]) => {
        const honest = JSON.stringify(document);
        const cut = at % (honest.length + 1);
        return honest.slice(0, cut) + char + honest.slice(cut + 1);
      }),
    );
    fc.assert(
      fc.property(text, (candidate) => {
        let read: JsonValue;
        try {
          read = parseJson(utf8(candidate));
        } catch (error) {
          expect(error).toBeInstanceOf(OtaError);
          return;
        }
        expect(plain(read)).toEqual(JSON.parse(fromUtf8(utf8(candidate))));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('canonical JSON', () => {
  it('is one form of each document, whatever the order of its names', () => {
    const shuffled = (document: JsonValue): JsonValue =>
      Array.isArray(document)
        ? document.map(shuffled)
        : typeof document === 'object' && document !== null
          ? Object.fromEntries(
              Object.entries(document)
                .reverse()
                .map(([name, item]) => [name, shuffled(item)]),
            )
          : document;
    fc.assert(
      fc.property(value, (document) => {
        expect(canonicalJson(shuffled(document))).toEqual(canonicalJson(document));
      }),
    );
  });

  it('tells different documents apart', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        const same = fromUtf8(compactJson(a)) === fromUtf8(compactJson(b));
        expect(fromUtf8(canonicalJson(a)) === fromUtf8(canonicalJson(b))).toBe(same);
      }),
    );
  });

  it('is JSON, and the same one, where no control character is in it', () => {
    fc.assert(
      fc.property(
        value.filter((document) => !/\\u00|\\[bfnrt]/.test(JSON.stringify(document))),
        (document) => {
          expect(JSON.parse(fromUtf8(canonicalJson(document)))).toEqual(plain(document));
        },
      ),
    );
  });

  it('sorts as UTF-8 bytes do', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const points = (name: string) => [...name].map((char) => char.codePointAt(0) ?? 0);
        const [x, y] = [points(a), points(b)];
        const at = x.findIndex((point, index) => point !== y[index]);
        const expected = at < 0 ? Math.sign(x.length - y.length) : Math.sign((x[at] ?? 0) - (y[at] ?? -1));
        expect(Math.sign(byCodePoint(a, b))).toBe(expected);
      }),
    );
  });
});
