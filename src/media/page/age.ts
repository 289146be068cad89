import type { Fault } from '../../core/errors.ts';
import type { Name } from '../../core/names.ts';
import type { Seconds } from '../../core/time.ts';
import type { TrustedRepository } from '../../device/client/repository.ts';
import { judgeMedium, type MediumAge } from '../../repository/media-judge.ts';
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
  /** The medium as `judgeMedium` takes it. */
  readonly medium: MediumAge;
}

/**
 * Why a device whose clock says `now`, and that has seen no other medium, does not take one for its age; nothing where it does. A device
 * without a clock knows less of the time, and may still take it.
 */
export const tooOld = ({ medium }: Pick<Age, 'medium'>, now: Seconds): readonly Fault[] =>
  judgeMedium(medium, { clock: now, counter: medium.profile.counter }).refusal?.faults ?? [];

/** As devices judge it (docs/media-devices.md). @throws OtaError as `lastingOf` */
export async function ageFor(repository: TrustedRepository, product: Name): Promise<Age> {
  const lasting = await lastingOf(repository, product);
  const { profile, made } = lasting;
  const until = acceptedUntil(profile, lasting);
  const signed = repository.timestamp.signed.made;
  return {
    made,
    said: signed !== undefined,
    profile,
    medium: { roles: lasting.roles, profile, ...(signed === undefined ? {} : { made: signed }) },
    ...(Number.isFinite(until) ? { until } : {}),
  };
}
