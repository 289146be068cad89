import { DAY, type Seconds } from '../core/time.ts';

/**
 * How long a role stays valid after it is signed, in days.
 *
 * Offline roles last as long as people can be expected to come together; the online ones are as short as a nightly
 * refresh that may fail for some weeks allows, because their expiry bounds how long a device can be shown old metadata.
 */
export const LIFETIME_DAYS = {
  root: 730,
  targets: 730,
  product: 365,
  channels: 365,
  snapshot: 30,
  timestamp: 30,
} as const;

export type RoleKind = keyof typeof LIFETIME_DAYS;

/** When a role signed at `now` expires. */
export const expiryOf = (kind: RoleKind, now: Seconds): Seconds => now + LIFETIME_DAYS[kind] * DAY;

/** Whether less than half of a role's life is left: then whoever can sign it renews it. */
export const isHalfSpent = (kind: RoleKind, expires: Seconds, now: Seconds): boolean =>
  expires - now < (LIFETIME_DAYS[kind] * DAY) / 2;
