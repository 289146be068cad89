import type { Name } from '../../core/names.ts';
import type { Seconds } from '../../core/time.ts';
import type { TrustedRepository } from '../../device/client/repository.ts';
import type { MediaProfile } from '../../repository/media-profile.ts';
import { acceptedUntil, lastingOf } from '../lasting.ts';

/** How old a medium is to the devices of a product. */
export interface Age {
  /** When the timestamp on it was signed. */
  readonly made: Seconds;
  /** Whether the timestamp says so itself. */
  readonly said: boolean;
  /** Until when devices take it; absent where they do at any age. */
  readonly until?: Seconds;
  readonly profile: MediaProfile;
}

/** As devices judge it (docs/media-devices.md). @throws OtaError as `lastingOf` */
export async function ageFor(repository: TrustedRepository, product: Name): Promise<Age> {
  const lasting = await lastingOf(repository, product);
  const { profile, made } = lasting;
  const until = acceptedUntil(profile, lasting);
  return {
    made,
    said: repository.timestamp.signed.made !== undefined,
    profile,
    ...(Number.isFinite(until) ? { until } : {}),
  };
}
