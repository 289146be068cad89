import fc from 'fast-check';
import { expect, it } from 'vitest';
import { acceptedUntil, type MediaRole } from '../../../src/media/lasting.ts';
import { judgeMedium } from '../../../src/repository/media-judge.ts';
import type { MediaProfile } from '../../../src/repository/media-profile.ts';

it('until when a medium is said to count is until when a device takes it', () => {
  const seconds = fc.integer({ min: 1, max: 4_000_000_000 });
  const profile: fc.Arbitrary<MediaProfile> = fc.oneof(
    fc.constantFrom<MediaProfile>({ expiry: 'strict', counter: 0 }, { expiry: 'advice', counter: 0 }),
    fc.integer({ min: 1, max: 9000 }).map((days): MediaProfile => ({ expiry: 'limit', days, counter: 0 })),
  );
  const roles = fc.array(
    seconds.map(
      (expires): MediaRole => ({
        role: 'gateway',
        kind: 'product',
        keyids: [],
        threshold: 1,
        version: 1,
        expires,
      }),
    ),
    { minLength: 1, maxLength: 6 },
  );
  fc.assert(
    fc.property(roles, profile, seconds, seconds, (all, by, made, later) => {
      const until = acceptedUntil(by, { roles: all, made });
      const near = [made, later, until - 1, until, until + 1].filter((time) => Number.isFinite(time));
      for (const proven of near.filter((time) => time >= made)) {
        const { refusal } = judgeMedium({ roles: all, made, profile: by }, { counter: 0, proven });
        expect(refusal === undefined).toBe(proven < until);
      }
    }),
  );
});
