import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY, formatTime } from '../../../src/core/time.ts';
import { judgeMedium, type MediumAge, type MediumReader } from '../../../src/repository/media-judge.ts';
import type { MediaProfile } from '../../../src/repository/media-profile.ts';
import { NOW } from '../../support/forge.ts';

const role = (name: string, days: number) => ({ role: name, version: 1, expires: NOW + days * DAY });
const ROLES = [role('root', 730), role('timestamp', 30), role('snapshot', 30), role('gateway', 365)];
const STRICT: MediaProfile = { expiry: 'strict', counter: 0 };
const LIMIT: MediaProfile = { expiry: 'limit', days: 548, counter: 0 };
const ADVICE: MediaProfile = { expiry: 'advice', counter: 0 };
const judge = (profile: MediaProfile, reader: Partial<MediumReader> = {}, medium: Partial<MediumAge> = {}) =>
  judgeMedium({ roles: ROLES, made: NOW, profile, ...medium }, { counter: 0, ...reader });
const since = (days: number) => ({ proven: NOW + days * DAY });
const named = (found: ReturnType<typeof judge>) => found.refusal?.faults.map(({ where }) => where);

describe('a medium', () => {
  it('counts strictly until the first role on it expires, and then every one that has is named', () => {
    expect(judge(STRICT, since(29))).toEqual({
      at: NOW + 29 * DAY,
      made: NOW,
      until: NOW + 30 * DAY,
      advice: [],
    });
    expect(named(judge(STRICT, since(30)))).toEqual(['timestamp', 'snapshot']);
    expect(named(judge(STRICT, since(400)))).toEqual(['timestamp', 'snapshot', 'gateway']);
    expect(judge(STRICT, since(30)).refusal).toMatchObject({ code: 'media-expired', exitCode: 4 });
  });

  it('counts for its days from when it was made, whatever has expired since', () => {
    expect(judge(LIMIT, since(547))).toMatchObject({ until: NOW + 548 * DAY, advice: [] });
    expect(judge(LIMIT, since(547)).refusal).toBeUndefined();
    expect(judge(LIMIT, since(548)).refusal).toMatchObject({
      code: 'media-expired',
      faults: [{ where: 'medium', message: `counted until ${formatTime(NOW + 548 * DAY)}` }],
    });
  });

  it('is refused where roles on it had expired when it was made, all of which are named', () => {
    const roles = [...ROLES, role('targets', -1), role('gateway.channels', 0)];
    expect(named(judge(LIMIT, {}, { roles }))).toEqual(['targets', 'gateway.channels']);
    expect(named(judge(LIMIT, since(548), { roles }))).toEqual(['targets', 'gateway.channels', 'medium']);
  });

  it('is never refused for its age where that is advice; what has expired is told', () => {
    const found = judge(ADVICE, since(5000));
    expect(found.refusal).toBeUndefined();
    expect(found).not.toHaveProperty('until');
    expect(found.advice.map(({ where }) => where)).toEqual(ROLES.map((item) => item.role));
  });

  it('is void below a counter that was accepted, whatever its age', () => {
    for (const profile of [STRICT, LIMIT, ADVICE]) {
      const found = judge({ ...profile, counter: 2 }, { counter: 3 });
      expect(found.refusal).toMatchObject({ code: 'media-revoked', exitCode: 4 });
      expect(found.refusal?.message).toContain('counter 2, and this device has taken one with 3');
      expect(judge({ ...profile, counter: 3 }, { counter: 3 }).refusal).toBeUndefined();
    }
  });
});

describe('the time', () => {
  it('is that of the medium where the device knows no later one', () => {
    expect(judge(LIMIT).at).toBe(NOW);
    expect(judge(LIMIT, { proven: NOW - 900 * DAY }).at).toBe(NOW);
  });

  it('is the clock of a device that has one, but never before what there is proof of', () => {
    expect(judge(LIMIT, { clock: NOW + 600 * DAY }).refusal?.code).toBe('media-expired');
    const behind = judge(LIMIT, { clock: 0 });
    expect(behind.refusal).toBeUndefined();
    expect(behind).toMatchObject({ at: NOW, advice: [{ where: 'clock' }] });
    expect(judge(LIMIT, { clock: 0, ...since(600) }).refusal?.code).toBe('media-expired');
  });

  it('of a timestamp that does not say when it was made is thirty days before it expires', () => {
    const { made: _, ...medium } = { roles: ROLES, made: NOW, profile: LIMIT };
    expect(judgeMedium({ ...medium, roles: [role('timestamp', 10)] }, { counter: 0 }).made).toBe(
      NOW - 20 * DAY,
    );
  });
});

describe('for any medium and device', () => {
  const seconds = fc.integer({ min: 0, max: 4_000_000_000 });
  const counter = fc.nat(3);
  const profile: fc.Arbitrary<MediaProfile> = fc.oneof(
    fc.record({ expiry: fc.constantFrom('strict' as const, 'advice' as const), counter }),
    fc.record({ expiry: fc.constant('limit' as const), days: fc.integer({ min: 1, max: 36_500 }), counter }),
  );
  const medium = fc.record(
    {
      roles: fc
        .array(fc.record({ expires: seconds, version: fc.constant(1) }), { minLength: 1, maxLength: 6 })
        .map((items) => items.map((item, index) => ({ role: ['timestamp', 'root'][index] ?? 'x', ...item }))),
      made: seconds,
      profile,
    },
    { requiredKeys: ['roles', 'profile'] },
  );
  const reader = fc.record({ clock: seconds, proven: seconds, counter }, { requiredKeys: ['counter'] });

  it('who knows a later time never takes more', () => {
    fc.assert(
      fc.property(medium, reader, seconds, (it, who, later) => {
        const refused = judgeMedium(it, who).refusal !== undefined;
        const proven = Math.max(who.proven ?? 0, later);
        if (refused) expect(judgeMedium(it, { ...who, proven }).refusal).toBeDefined();
      }),
    );
  });

  it('what is taken had nothing expired by the rule of its profile, and a counter that counts', () => {
    fc.assert(
      fc.property(medium, reader, (it, who) => {
        const { refusal, at, made } = judgeMedium(it, who);
        expect(at).toBeGreaterThanOrEqual(Math.max(made, who.proven ?? made, who.clock ?? made));
        const { profile: by, roles } = it;
        const at_ = by.expiry === 'strict' ? at : by.expiry === 'limit' ? made : Number.NEGATIVE_INFINITY;
        const fresh =
          roles.every(({ expires }) => expires > at_) && (by.expiry !== 'limit' || at < made + by.days * DAY);
        expect(refusal === undefined).toBe(fresh && by.counter >= who.counter);
      }),
    );
  });
});
