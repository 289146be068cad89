import { describe, expect, it } from 'vitest';
import { DAY } from '../../../src/core/time.ts';
import { holdOf, isDelta, judge } from '../../../src/retention/judge.ts';
import type { Reach } from '../../../src/retention/reach.ts';
import { NOW } from '../../support/forge.ts';
import { PRODUCT, version } from '../../support/release.ts';

const reachOf = (timestampExpires: number): Reach => ({
  token: 't',
  timestampExpires,
  present: new Map(),
  earlier: new Set(),
  versions: new Map([
    ['targets', 1],
    ['gateway', 3],
  ]),
  products: new Map([[PRODUCT, { live: new Set([version('1.0.0')]), archive: {} as never }]]),
});

describe('the time for which a device may hold a timestamp', () => {
  it.each([
    [10, 37],
    [30, 37],
    // Of another tool, or of an earlier policy.
    [300, 307],
  ])('of a timestamp of %i days is %i days, grace and all', (days, hold) => {
    expect(holdOf(reachOf(NOW + days * DAY), { grace: 7 * DAY, staged: 0 }, NOW)).toBe(hold * DAY);
  });
});

describe('an object that nothing leads to', () => {
  const digest = 'a'.repeat(64);
  const times = { hold: 40 * DAY, staged: 90 * DAY };
  const verdict = (key: string, more: Partial<typeof times> = {}) =>
    judge({ key, length: 1, modified: NOW }, reachOf(NOW), { ...times, ...more });

  it.each([
    ['metadata/2.gateway.json', 'metadata', 40],
    [`targets/gateway/channels/${digest}.stable.json`, 'channels', 40],
    [`targets/gateway/1.0.0/${digest}.radio`, 'leftover', 40],
    [`targets/gateway/archive/${digest}.page.json`, 'archive', 90],
    [`targets/gateway/2.0.0/${digest}.radio`, 'staged', 90],
  ])('%s goes as %s after %i days', (key, kind, days) => {
    expect(verdict(key)).toEqual({ is: 'unreached', kind, from: NOW + days * DAY });
  });

  it('of what may be staged is kept at least as long as a device may go by what was', () => {
    for (const key of [
      `targets/gateway/archive/${digest}.page.json`,
      `targets/gateway/2.0.0/${digest}.radio`,
    ]) {
      expect(verdict(key, { staged: DAY })).toMatchObject({ from: NOW + 40 * DAY });
    }
  });

  it.each([
    ['metadata/1.root.json', 'kept'],
    ['metadata/1.targets.json', 'kept'],
    ['metadata/timestamp.json', 'kept'],
    ['metadata/1.unknown.json', 'kept'],
    [`targets/other/1.0.0/${digest}.radio`, 'foreign'],
    [`targets/gateway/notes/${digest}.radio`, 'foreign'],
    ['index.html', 'foreign'],
  ])('%s is %s', (key, is) => {
    expect(verdict(key)).toEqual({ is });
  });
});

it.each([
  ['radio.from.0123456789abcdef.otad', true],
  ['radio.from.0123456789abcdef.bsdiff40', true],
  ['radio', false],
  ['extra_a.from.0123456789abcdef.otad', false],
  ['radio.from.0123.otad', false],
])('%s is a delta: %s', (text, is) => {
  expect(isDelta(text)).toBe(is);
});
