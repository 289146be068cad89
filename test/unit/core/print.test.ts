import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8 } from '../../../src/core/bytes.ts';
import { byCodePoint } from '../../../src/core/json/canonical.ts';
import { compactJson, printJson } from '../../../src/core/json/print.ts';
import type { JsonObject, JsonValue } from '../../../src/core/json/value.ts';

const print = (value: JsonValue) => fromUtf8(printJson(value));
const compact = (value: JsonValue) => fromUtf8(compactJson(value));

describe('printJson', () => {
  it('is what people and tools know, with a line feed at its end', () => {
    const document = { b: [1, { c: 'x\n"' }], a: {}, e: [], d: null, f: true };
    const sorted = { a: {}, b: [1, { c: 'x\n"' }], d: null, e: [], f: true };
    expect(print(document)).toBe(`${JSON.stringify(sorted, null, 2)}\n`);
    expect(compact(document)).toBe(JSON.stringify(sorted));
  });

  it('is, for any document, JSON.stringify of the one with sorted names', () => {
    const name = fc.string({ maxLength: 3 }).filter((text) => !/^\d+$/.test(text) && text !== '__proto__');
    const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(null, true, -3, 7),
        fc.string({ maxLength: 4 }),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(name, tie('value'), { maxKeys: 3 }),
      ),
    }));
    const sorted = (document: JsonValue): JsonValue => {
      if (Array.isArray(document)) return document.map(sorted);
      if (typeof document !== 'object' || document === null) return document;
      const entries = Object.entries(document as JsonObject).sort(([a], [b]) => byCodePoint(a, b));
      return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
    };
    fc.assert(
      fc.property(value, (document) => {
        expect(print(document)).toBe(`${JSON.stringify(sorted(document), null, 2)}\n`);
        expect(compact(document)).toBe(JSON.stringify(sorted(document)));
      }),
    );
  });

  it.each([
    [{ 9: 1, 10: 2, a: 3 }, '{"10":2,"9":1,"a":3}'],
    [{ '\u{1f600}': 1, '\ufb03': 2 }, '{"\ufb03":2,"\u{1f600}":1}'],
    [{ B: 1, a: 2, A: 3 }, '{"A":3,"B":1,"a":2}'],
  ])('sorts names by code point, those that look like numbers too: %j', (document, text) => {
    expect(compact(document)).toBe(text);
    expect(JSON.parse(print(document))).toEqual(document);
    const names = [...print(document).matchAll(/^ {2}"(.*?)":/gm)].map(([, name]) => name);
    expect(names).toEqual(Object.keys(document).sort(byCodePoint));
  });
});
