import { type Fault, OtaError } from '../core/errors.ts';
import { DAY, formatTime, type Seconds } from '../core/time.ts';
import { type MediaProfile, mediaProfileText } from './media-profile.ts';
import { LIFETIME_DAYS } from './policy.ts';

/** A role on a medium, verified but for its age. */
export interface DatedRole {
  readonly role: string;
  readonly version: number;
  readonly expires: Seconds;
}

export interface MediumAge {
  /** Every role that counts for the device: root, timestamp, snapshot, targets, the product's and its channels'. */
  readonly roles: readonly DatedRole[];
  /** When its timestamp was signed; absent where that does not say. */
  readonly made?: Seconds;
  readonly profile: MediaProfile;
}

/** What a device knows of the time, and of media before. */
export interface MediumReader {
  /** Its clock, where that is to be trusted. */
  readonly clock?: Seconds;
  /** The latest time that it has proof of: the highest `made` of a timestamp that the keys of now signed. */
  readonly proven?: Seconds;
  /** The highest media counter that it has accepted; 0 at first. */
  readonly counter: number;
}

export interface MediumVerdict {
  /** The time that it was judged by: never before a time that there is proof of. */
  readonly at: Seconds;
  /** When it was made; worked out from the timestamp's expiry where that does not say. */
  readonly made: Seconds;
  /** Until when it counts; absent where it is not refused for its age. */
  readonly until?: Seconds;
  /** What is odd and no reason to refuse it, naming every role. */
  readonly advice: readonly Fault[];
  /** `media-expired` or `media-revoked`: why nothing of it may be installed, naming every role. */
  readonly refusal?: OtaError;
}

/**
 * Judges the age of a medium whose signatures, digests and versions were verified, by what the product says of media. No role of it is
 * looked at alone: the same time counts for all, and all that are too old are named.
 */
export function judgeMedium(medium: MediumAge, reader: MediumReader): MediumVerdict {
  const { roles, profile } = medium;
  const made = medium.made ?? usualMade(roles);
  const proven = Math.max(made, reader.proven ?? made);
  // A clock that is behind what there is proof of is wrong, and must not keep old media alive.
  const at = Math.max(proven, reader.clock ?? proven);
  const expired = (time: Seconds) => roles.filter(({ expires }) => expires <= time);
  const behind =
    reader.clock !== undefined && reader.clock < proven ? [clockBehind(reader.clock, proven)] : [];
  const base = { at, made, advice: behind };
  if (profile.counter < reader.counter)
    return { ...base, refusal: revoked(profile.counter, reader.counter, made) };
  switch (profile.expiry) {
    case 'strict': {
      const until = Math.min(...roles.map(({ expires }) => expires));
      const faults = expired(at).map(roleFault);
      return {
        ...base,
        until,
        ...(faults.length === 0 ? {} : { refusal: tooOld(medium, reader, base, faults) }),
      };
    }
    case 'limit': {
      const until = made + profile.days * DAY;
      const faults = [
        ...expired(made).map(roleFault),
        ...(at < until ? [] : [{ where: 'medium', message: `counted until ${formatTime(until)}` }]),
      ];
      return {
        ...base,
        until,
        ...(faults.length === 0 ? {} : { refusal: tooOld(medium, reader, base, faults) }),
      };
    }
    case 'advice':
      return { ...base, advice: [...behind, ...expired(at).map(roleFault)] };
  }
}

/** When a timestamp that does not say so was made at the earliest, as this tool makes them. */
const usualMade = (roles: readonly DatedRole[]): Seconds =>
  (roles.find(({ role }) => role === 'timestamp')?.expires ?? 0) - LIFETIME_DAYS.timestamp * DAY;

const roleFault = ({ role, version, expires }: DatedRole): Fault => ({
  where: role,
  message: `version ${version} expired at ${formatTime(expires)}`,
});

const clockBehind = (clock: Seconds, proven: Seconds): Fault => ({
  where: 'clock',
  message: `this device's clock says ${formatTime(clock)}, which is before ${formatTime(proven)}: it is wrong`,
});

function tooOld(
  { profile }: MediumAge,
  { clock }: MediumReader,
  { at, made }: { readonly at: Seconds; readonly made: Seconds },
  faults: readonly Fault[],
): OtaError {
  const now =
    clock === at ? `by the clock of this device it is ${formatTime(at)}` : `it is ${formatTime(at)} at least`;
  const setClock = clock === at ? ' If that is not today, set the clock of the device.' : '';
  return new OtaError(
    'media-expired',
    `the medium is too old: it was made at ${formatTime(made)}, and ${now}`,
    {
      faults,
      hint: `Nothing was written; the device goes on with what it has. Get a new medium (${mediaProfileText(profile)}).${setClock}`,
    },
  );
}

const revoked = (counter: number, seen: number, made: Seconds): OtaError =>
  new OtaError(
    'media-revoked',
    `the medium was made void: it has media counter ${counter}, and this device has taken one with ${seen}`,
    {
      faults: [{ where: 'medium', message: `was made at ${formatTime(made)}` }],
      hint: 'Nothing was written; the device goes on with what it has. Get a new medium, and throw this one away.',
    },
  );
