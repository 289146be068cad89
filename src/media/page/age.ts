import { DAY, type Seconds } from '../../core/time.ts';
import type { MediaProfile } from '../../repository/media-profile.ts';
import type { Metadata } from '../../repository/model.ts';

/** A timestamp is valid for a month: where it does not say when it was signed, that is taken to be a month before its end. */
const UNSAID: Seconds = 30 * DAY;

/** How old a medium is to a device, by the profile of a product. */
export interface Age {
  /** When the timestamp on it was signed. */
  readonly made: Seconds;
  /** Whether the timestamp says so itself. */
  readonly said: boolean;
  /** Until when devices take it; absent where they do at any age. */
  readonly until?: Seconds;
  readonly profile: MediaProfile;
}

/** Any role that expires. */
type Expiring = Metadata<{ readonly version: number; readonly expires: Seconds }>;

/**
 * Until when a medium counts, as devices judge it (docs/media-devices.md).
 *
 * @param roles all that a device reads for the product
 */
export function ageOf(
  profile: MediaProfile,
  timestamp: Metadata<{ readonly expires: Seconds; readonly made?: Seconds }>,
  roles: readonly Expiring[],
): Age {
  const { made: signed, expires } = timestamp.signed;
  const made = signed ?? expires - UNSAID;
  const first = Math.min(expires, ...roles.map((role) => role.signed.expires));
  const common = { made, said: signed !== undefined, profile };
  if (profile.expiry === 'advice') return common;
  if (profile.expiry === 'strict') return { ...common, until: first };
  // One that held a role that had expired when it was made never counted.
  return { ...common, until: first <= made ? first : made + profile.days * DAY };
}
