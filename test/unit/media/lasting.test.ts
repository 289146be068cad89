import { describe, expect, it } from 'vitest';
import { outlookLines } from '../../../src/cli/views/media-outlook.ts';
import { parseLasting } from '../../../src/cli/when.ts';
import { DAY, formatTime } from '../../../src/core/time.ts';
import { acceptedUntil, type Lasting, type MediaRole, renewals } from '../../../src/media/lasting.ts';
import { checkLasting } from '../../../src/media/lasting-check.ts';
import { outlookOf } from '../../../src/media/outlook.ts';
import type { MediaAge } from '../../../src/repository/media-profile.ts';
import { refusal } from '../../support/client.ts';
import { NOW } from '../../support/forge.ts';
import { PRODUCT } from '../../support/release.ts';

const KEYS = { keyids: ['a'.repeat(64), 'b'.repeat(64), 'c'.repeat(64)], threshold: 2 };
const role = (name: string, kind: MediaRole['kind'], days: number): MediaRole => ({
  role: name,
  kind,
  ...KEYS,
  version: 1,
  expires: NOW + days * DAY,
});
const lasting = (age: MediaAge, expired: readonly string[] = []): Lasting => ({
  product: PRODUCT,
  profile: { ...age, counter: 0 },
  made: NOW - 5 * DAY,
  roles: [
    role('root', 'root', 700),
    role('targets', 'targets', 500),
    role('gateway', 'product', 300),
    role('gateway.channels', 'channels', 300),
    role('snapshot', 'snapshot', 25),
    role('timestamp', 'timestamp', 24),
  ].map((item) => (expired.includes(item.role) ? { ...item, expires: NOW - 6 * DAY } : item)),
});
const names = (age: MediaAge, days: number, expired?: readonly string[]) =>
  renewals(lasting(age, expired), NOW, days).map(({ role: { role: name }, why }) => `${name} ${why}`);

describe('how long a medium counts', () => {
  it.each<[MediaAge, readonly string[], number]>([
    [{ expiry: 'strict' }, [], NOW + 24 * DAY],
    [{ expiry: 'strict' }, ['gateway'], NOW - 6 * DAY],
    [{ expiry: 'limit', days: 548 }, [], NOW + 543 * DAY],
    [{ expiry: 'limit', days: 548 }, ['targets'], NOW - 6 * DAY],
    [{ expiry: 'advice' }, ['targets'], Number.POSITIVE_INFINITY],
  ])('by %o, with %o expired', (age, expired, until) => {
    expect(acceptedUntil(age, lasting(age, expired))).toBe(until);
  });

  it('takes all roles that do not last, the first to expire first', () => {
    expect(names({ expiry: 'strict' }, 20)).toEqual([]);
    expect(names({ expiry: 'strict' }, 25)).toEqual(['timestamp expires']);
    expect(names({ expiry: 'strict' }, 548)).toEqual([
      'timestamp expires',
      'snapshot expires',
      'gateway expires',
      'gateway.channels expires',
      'targets expires',
    ]);
    expect(names({ expiry: 'limit', days: 548 }, 548)).toEqual([]);
    expect(names({ expiry: 'limit', days: 365 }, 548, ['root'])).toEqual(['root expired', 'gateway profile']);
    expect(names({ expiry: 'advice' }, 9999, ['root'])).toEqual([]);
  });

  it('is shown with who must sign what, and what another profile would give', () => {
    const outlook = outlookOf([lasting({ expiry: 'strict' })], { now: NOW, days: 548 });
    const [product] = outlook.products;
    expect(product).toMatchObject({ enough: false, until: formatTime(NOW + 24 * DAY) });
    expect(
      product?.renewals.map(({ role: name, commands, lastsAtMost }) => [name, commands, lastsAtMost]),
    ).toEqual([
      ['timestamp', [], 30],
      ['snapshot', [], 30],
      ['gateway', ['ota root init', 'ota root expiry 608d --role gateway'], undefined],
      ['gateway.channels', [], 365],
      ['targets', ['ota root init', 'ota root expiry 608d --role targets'], undefined],
    ]);
    expect(product?.profiles).toEqual([
      { expiry: 'strict', until: formatTime(NOW + 24 * DAY), enough: false },
      { expiry: 'limit', days: 548, until: formatTime(NOW + 543 * DAY), enough: true },
      { expiry: 'advice', enough: true },
    ]);
    const text = outlookLines(outlook).join('\n');
    expect(text).toContain('2 of aaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbb, cccccccccccccccc');
    expect(text).toContain('it never lasts longer than 30 days; take another profile');
    const [short] = outlookOf([lasting({ expiry: 'limit', days: 365 })], { now: NOW, days: 548 }).products;
    expect(short?.renewals[0]?.commands).toEqual([
      'ota media profile --product gateway --expiry limit --days 548',
    ]);
    expect(short?.profiles.map((profile) => ('days' in profile ? profile.days : 0))).toEqual([
      0, 365, 548, 0,
    ]);
    const enough = outlookOf([lasting({ expiry: 'advice' })], { now: NOW, days: 548 });
    expect(outlookLines(enough).join('\n')).toContain('That is enough');
  });

  it('is asked for with every fault at once, each once', async () => {
    const both = [lasting({ expiry: 'strict' }), lasting({ expiry: 'strict' })];
    const error = await refusal(() => checkLasting(both, { now: NOW, days: 400, force: false }));
    expect(error.faults).toHaveLength(4);
    expect(() => checkLasting(both, { now: NOW, days: 400, force: true })).not.toThrow();
    const limit = [lasting({ expiry: 'limit', days: 100 })];
    const short = await refusal(() => checkLasting(limit, { now: NOW, days: 400, force: false }));
    expect(short.faults[0]?.message).toMatch(/^lets media count for 100 days, not 400: to be signed by 2 of/);
  });

  it.each([
    ['18mo', 548],
    ['1mo', 31],
    ['2y', 731],
    ['26w', 182],
    ['90d', 90],
  ])('may be said as %s', (text, days) => {
    expect(parseLasting(text, '--valid-for')).toBe(days);
  });

  it.each(['18', 'mo', '1.5y', '-3d', '0d', '101y', ''])('is no %s', async (text) => {
    expect((await refusal(() => parseLasting(text, '--valid-for'))).code).toBe('usage-flag');
  });
});
