import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../../src/core/bytes.ts';
import { sha256 } from '../../../../src/core/digest.ts';
import { canonicalJson } from '../../../../src/core/json/canonical.ts';
import { compactJson } from '../../../../src/core/json/print.ts';
import type { JsonObject } from '../../../../src/core/json/value.ts';
import { LogCheck } from '../../../../src/keys/log/check.ts';
import {
  BEGINNING,
  type LogStep,
  MAX_LINE_BYTES,
  nextEntry,
  parseEntry,
  printEntry,
} from '../../../../src/keys/log/entry.ts';
import { thrown } from '../thrown.ts';

const STAMP = { by: 'ada@safe', tool: 'ota 0.1.0', at: '2026-01-01T00:00:00Z' };
const STEP: LogStep = {
  step: 'sign',
  what: 'root 3',
  key: 'release',
  keyid: 'ab'.repeat(32),
  sha256: 'cd'.repeat(32),
};
const first = nextEntry(BEGINNING, STEP, STAMP);
const lineOf = (entry: object): Uint8Array => compactJson({ ...entry } as JsonObject);
/** A line with a field changed and a hash that fits, as whoever writes a log from the start could make it. */
const forged = (changes: JsonObject): Uint8Array => {
  const { hash: _, ...rest } = { ...first, ...changes };
  return lineOf({ ...rest, hash: sha256(canonicalJson(rest as JsonObject)) });
};

describe('a line of a log', () => {
  it.each<[string, LogStep]>([
    ['with all that there is to say', STEP],
    ['with nothing but the step', { step: 'init', what: 'gateway' }],
  ])('%s is read as it was written', (_, step) => {
    const entry = nextEntry(first, step, STAMP);
    const line = printEntry(entry);
    expect(line.at(-1)).toBe(0x0a);
    expect(parseEntry(line.subarray(0, -1), 'log:2')).toEqual(entry);
  });

  it('stays short, whatever people name things', () => {
    const entry = nextEntry(
      first,
      { step: 'sign', what: '\u{1f512}'.repeat(2000), key: 'k'.repeat(5000) },
      STAMP,
    );
    expect([...entry.what]).toHaveLength(513);
    expect(entry.what.endsWith('…')).toBe(true);
    expect(printEntry(entry).length).toBeLessThan(MAX_LINE_BYTES);
    expect(() => printEntry({ ...entry, by: 'x'.repeat(MAX_LINE_BYTES) })).toThrow(TypeError);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['white space more', utf8(fromUtf8(lineOf(first)).replace(':', ': ')), /was changed/],
    [
      'another spelling of a letter',
      utf8(fromUtf8(lineOf(first)).replace('root 3', '\\u0072oot 3')),
      /was changed/,
    ],
    ['another word', utf8(fromUtf8(lineOf(first)).replace('root 3', 'root 4')), /was changed/],
    ['a keyid that is none', forged({ keyid: 'release' }), /must be 64 hex digits/],
    ['a date that is none', forged({ at: 'yesterday' }), /is no line of a log/],
    ['a field that is not known', forged({ note: 'x' }), /unknown field "note"/],
    ['nothing in it', utf8(''), /is no line of a log/],
  ])('with %s is refused', (_, line, message) => {
    const error = thrown(() => parseEntry(line, 'log:1'));
    expect(error).toMatchObject({ code: 'log-broken', where: 'log:1' });
    expect(error.message).toMatch(message);
  });
});

describe('a log', () => {
  const second = nextEntry(first, STEP, STAMP);

  it('is read line by line from its beginning', () => {
    const check = new LogCheck('log');
    expect([check.push(lineOf(first)), check.push(lineOf(second))]).toEqual([first, second]);
  });

  it.each<[string, readonly Uint8Array[], RegExp]>([
    ['starts in the middle', [lineOf(second)], /is number 2/],
    ['has a line twice', [lineOf(first), lineOf(first)], /is number 1/],
    [
      'goes on after another line',
      [lineOf(first), lineOf(nextEntry({ ...first, hash: 'ef'.repeat(32) }, STEP, STAMP))],
      /does not follow/,
    ],
  ])('that %s is refused', (_, lines, message) => {
    const check = new LogCheck('log');
    const error = thrown(() => lines.map((line) => check.push(line)));
    expect(error).toMatchObject({ code: 'log-broken', where: `log:${lines.length}` });
    expect(error.message).toMatch(message);
  });
});
