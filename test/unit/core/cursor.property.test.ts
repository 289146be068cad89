import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { OtaError } from '../../../src/core/errors.ts';
import { Cursor } from '../../../src/core/json/cursor.ts';
import { parseJson } from '../../../src/core/json/parse.ts';
import type { JsonValue } from '../../../src/core/json/value.ts';
import { isName } from '../../../src/core/names.ts';
import { thrown } from '../keys/thrown.ts';

const cursor = (text: string): Cursor => new Cursor(parseJson(utf8(text)), 'file');
const document = fc
  .jsonValue({ noUnicodeString: false })
  .filter((value) => !/[.eE]|__proto__|-0/.test(JSON.stringify(value)));

describe('a cursor', () => {
  it('reads each type as itself and refuses every other with its place', () => {
    fc.assert(
      fc.property(document, (value) => {
        const at = new Cursor(value as JsonValue, 'x');
        const readers: readonly (readonly [() => unknown, boolean])[] = [
          [() => at.string(), typeof value === 'string'],
          [() => at.boolean(), typeof value === 'boolean'],
          [() => at.integer(), Number.isSafeInteger(value) && Number(value) >= 0],
          [() => at.array(), Array.isArray(value)],
          [() => at.object(), typeof value === 'object' && value !== null && !Array.isArray(value)],
        ];
        for (const [read, right] of readers) {
          if (right) expect(read).not.toThrow();
          else expect(thrown(read)).toMatchObject({ code: 'shape-invalid', where: 'x' });
        }
        expect(at.value).toBe(value);
      }),
    );
  });

  it('never throws anything but its own error, wherever it is led', () => {
    const steps = fc.array(fc.oneof(fc.string({ maxLength: 3 }), fc.nat(3)), { maxLength: 4 });
    fc.assert(
      fc.property(document, steps, (value, path) => {
        try {
          let at = new Cursor(value as JsonValue, 'x');
          for (const step of path)
            at = typeof step === 'string' ? at.field(step) : (at.array()[step] ?? at.field(''));
          at.string();
        } catch (error) {
          expect(error).toBeInstanceOf(OtaError);
        }
      }),
    );
  });

  it.each([
    [
      '{"a":{"b":[1,{"c":2}]}}',
      (at: Cursor) => at.field('a').field('b').array()[1]?.field('c').string(),
      'file.a.b[1].c',
    ],
    ['{"not a word":1}', (at: Cursor) => at.field('not a word').string(), 'file["not a word"]'],
    ['{"a":1}', (at: Cursor) => at.field('b').value, 'file.b'],
    ['{"a":1}', (at: Cursor) => at.field('toString').string(), 'file.toString'],
    ['{"a":{"b":1}}', (at: Cursor) => at.field('a').entries()[0]?.[1].string(), 'file.a.b'],
    ['[1]', (at: Cursor) => at.field('0'), 'file'],
  ] as const)('in %s it names the place of the fault', (text, read, where) => {
    expect(thrown(() => read(cursor(text)))).toMatchObject({ code: 'shape-invalid', where });
  });

  it('tells what is absent from what is null', () => {
    const at = cursor('{"null":null}');
    expect(at.optional('null')?.value).toBeNull();
    expect(at.optional('none')).toBeUndefined();
    expect(at.optional('constructor')).toBeUndefined();
    expect(thrown(() => at.field('none').value).message).toBe('file.none is missing');
  });

  it.each([
    [-1, 0, 10],
    [11, 0, 10],
    [2 ** 53, 0, Number.MAX_SAFE_INTEGER],
    [1.5, 0, 10],
  ])('%d is no whole number from %d to %d', (value, min, max) => {
    expect(thrown(() => new Cursor(value, 'x').integer(min, max)).message).toContain(`from ${min} to ${max}`);
    expect(new Cursor(min, 'x').integer(min, max)).toBe(min);
    expect(new Cursor(max, 'x').integer(min, max)).toBe(max);
  });

  it('stops at more entries than are allowed', () => {
    expect(cursor('[1,2]').array(2)).toHaveLength(2);
    expect(thrown(() => cursor('[1,2,3]').array(2)).message).toContain('more than 2 entries');
    expect(cursor('{"a":1,"b":2}').entries(2)).toHaveLength(2);
    expect(thrown(() => cursor('{"a":1,"b":2}').entries(1)).message).toContain('more than 1 entries');
  });

  it('only, oneOf and match say what would be right', () => {
    expect(thrown(() => cursor('{"a":1,"z":2}').only(['a'])).message).toBe('file has an unknown field "z"');
    expect(cursor('{"a":1}').only(['a', 'b']).path).toBe('file');
    expect(thrown(() => cursor('"c"').oneOf(['a', 'b'])).message).toBe('file must be one of a, b, not "c"');
    expect(cursor('"b"').oneOf(['a', 'b'])).toBe('b');
    expect(thrown(() => cursor('"B"').match(isName, 'a name')).message).toBe('file must be a name, not "B"');
  });
});
