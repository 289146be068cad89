import { OtaError } from '../core/errors.ts';
import { DAY, formatTime, type Seconds } from '../core/time.ts';
import type { Timestamp } from '../repository/model.ts';
import { LIFETIME_DAYS } from '../repository/policy.ts';
import type { Store } from '../storage/store.ts';

/** A store's clock and this machine's may differ by so much: what is signed lasts for weeks. */
const MAX_SKEW: Seconds = 3600;
/** And so may those of two publishers. */
const MAX_BACK: Seconds = DAY;
/** A timestamp that expired so long ago is rather a wrong clock than a repository that nobody refreshed. */
const MAX_NEGLECT: Seconds = 300 * DAY;

/**
 * Requires the clock of this machine to agree with what there is to compare it with: the store's own, and the published timestamp. With a
 * clock that is ahead, what is signed would be believed for too long; with one behind, devices would refuse it.
 *
 * @param timestamp the published one; absent where nothing is published
 * @throws OtaError `clock-wrong`, unless the user states that the clock is right
 */
export function checkClock(store: Store, timestamp: Timestamp | undefined, now: Seconds): void {
  if (store.machineClock?.isRight) return;
  const skew = store.machineClock?.skew();
  if (skew !== undefined && Math.abs(skew) > MAX_SKEW) {
    throw wrong(store, `is ${span(skew)} ${skew > 0 ? 'behind' : 'ahead of'} that of the store`);
  }
  if (!timestamp) return;
  const made = timestamp.made ?? timestamp.expires - LIFETIME_DAYS.timestamp * DAY;
  if (now < made - MAX_BACK) {
    throw wrong(
      store,
      `is behind: the published timestamp was made at ${formatTime(made)}, ${span(made - now)} from now`,
    );
  }
  // A store with a clock of its own has just said that this one is right.
  if (store.machineClock && skew === undefined && now > timestamp.expires + MAX_NEGLECT) {
    throw wrong(
      store,
      `may be ahead: the published timestamp expired at ${formatTime(timestamp.expires)}, ${span(now - timestamp.expires)} ago`,
    );
  }
}

const span = (seconds: Seconds): string => {
  const size = Math.abs(seconds);
  return size < 2 * DAY ? `${(size / 3600).toFixed(1)} hours` : `${Math.round(size / DAY)} days`;
};

const wrong = (store: Store, what: string): OtaError =>
  new OtaError('clock-wrong', `the clock of this machine ${what}`, {
    where: store.url,
    hint: 'Nothing was written. Set the clock and run the same command again. If it is right, say so with --clock-is-right.',
  });
