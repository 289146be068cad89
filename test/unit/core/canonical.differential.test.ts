import { canonicalize } from '@tufjs/canonical-json';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8 } from '../../../src/core/bytes.ts';
import { canonicalJson } from '../../../src/core/json/canonical.ts';
import { isObject, type JsonValue } from '../../../src/core/json/value.ts';
import { refusal } from '../../support/client.ts';
import { json } from '../../support/role-documents.ts';

const ours = (document: JsonValue): string => fromUtf8(canonicalJson(document));

/** All names in a document. */
const namesIn = (document: JsonValue): readonly string[] =>
  isObject(document)
    ? Object.entries(document).flatMap(([name, value]) => [name, ...namesIn(value)])
    : Array.isArray(document)
      ? (document as readonly JsonValue[]).flatMap(namesIn)
      : [];

/** In UTF-16, what is past U+FFFF sorts before these; by code point it sorts after them. */
const HIGH = /[\ue000-\uffff]/;
const ASTRAL = /[\u{10000}-\u{10ffff}]/u;
const sameOrder = (document: JsonValue): boolean => {
  const all = namesIn(document).join('');
  return !(HIGH.test(all) && ASTRAL.test(all));
};

describe('canonical JSON and that of tuf-js', () => {
  it('are the same where names sort alike in UTF-16 and by code point', () => {
    fc.assert(
      fc.property(json.filter(sameOrder), (document) => {
        expect(ours(document)).toBe(canonicalize(document));
      }),
      { numRuns: 500 },
    );
  });

  it('differ in the order of names alone elsewhere, and ours is that of UTF-8', () => {
    const document = { '\ufb01': 1, '\u{1f600}': 2 };
    expect(ours(document)).toBe('{"\ufb01":1,"\u{1f600}":2}');
    expect(canonicalize(document)).toBe('{"\u{1f600}":2,"\ufb01":1}');
    expect(Buffer.compare(Buffer.from('\ufb01'), Buffer.from('\u{1f600}'))).toBeLessThan(0);
  });

  /** What has no canonical form, put anywhere into a document. */
  const formless = fc.oneof(
    fc.constantFrom(-0, 0.5, -1.5, 1e300, 2 ** 53, -(2 ** 53), Number.NaN, Number.POSITIVE_INFINITY),
    fc.double({ noInteger: true }),
    fc.constantFrom('\ud800', 'a\udc00', '\udbff\ud800', 'x\ud83d'),
  );

  it.each<[string, (value: JsonValue) => JsonValue]>([
    ['alone', (value) => value],
    ['in a list', (value) => [1, [value]]],
    ['in an object', (value) => ({ a: 1, b: { c: value } })],
  ])('ours refuses what has no canonical form, %s', async (_, place) => {
    await fc.assert(
      fc.asyncProperty(formless, async (value) => {
        expect((await refusal(() => ours(place(value)))).code).toBe('json-invalid');
        if (typeof value === 'string') {
          expect((await refusal(() => ours({ [value]: 1 }))).code).toBe('json-invalid');
        }
      }),
    );
  });
});
