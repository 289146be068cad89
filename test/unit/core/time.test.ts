import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY, formatTime, parseTime } from '../../../src/core/time.ts';
import { thrown } from '../keys/thrown.ts';

/** The years 0000 to 9999, which the form can hold. */
const FIRST = -62_167_219_200;
const LAST = 253_402_300_799;

describe('a time', () => {
  it.each([
    [0, '1970-01-01T00:00:00Z'],
    [951_782_400, '2000-02-29T00:00:00Z'],
    [1_767_225_600, '2026-01-01T00:00:00Z'],
    [LAST, '9999-12-31T23:59:59Z'],
    [FIRST, '0000-01-01T00:00:00Z'],
  ])('%d is %s', (time, text) => {
    expect(formatTime(time)).toBe(text);
    expect(parseTime(text)).toBe(time);
  });

  it('is read back as it was written, and sorts as its text does', () => {
    const time = fc.integer({ min: FIRST, max: LAST });
    fc.assert(
      fc.property(time, time, (a, b) => {
        expect(parseTime(formatTime(a))).toBe(a);
        expect(formatTime(a) < formatTime(b)).toBe(a < b);
      }),
    );
  });

  it.each([LAST + 1, FIRST - 1, 8.7e12, Number.NaN, Number.POSITIVE_INFINITY])(
    '%d has no such text',
    (time) => {
      expect(thrown(() => formatTime(time)).code).toBe('date-invalid');
    },
  );

  it.each([
    '',
    'tomorrow',
    '2026-02-31T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:00:60Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-01T00:00:00',
    '2026-01-01T00:00:00z',
    '2026-01-01 00:00:00Z',
    '2026-01-01T00:00:00.000Z',
    '2026-01-01T00:00:00+00:00',
    '2026-01-01T00:00:00+14:00',
    '+02026-01-01T00:00:00Z',
    '20260101T000000Z',
    ' 2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00Z\n',
    '٢٠٢٦-01-01T00:00:00Z',
  ])('%j is none', (text) => {
    expect(thrown(() => parseTime(text, 'root.expires'))).toMatchObject({
      code: 'date-invalid',
      where: 'root.expires',
    });
  });

  it('in days', () => {
    expect(formatTime(1_767_225_600 + 30 * DAY)).toBe('2026-01-31T00:00:00Z');
  });
});
