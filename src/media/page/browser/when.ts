import { DAY, type Seconds } from '../../../core/time.ts';

const DATE = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
});

/** A day as people write it, by UTC. */
export const dateText = (time: Seconds): string => DATE.format(new Date(time * 1000));

/** How far away a day is, in the largest unit that says enough. */
export function awayText(time: Seconds, now: Seconds): string {
  const days = Math.round(Math.abs(time - now) / DAY);
  if (days === 0) return 'today';
  const span =
    days < 2
      ? 'a day'
      : days < 90
        ? `${days} days`
        : days < 730
          ? `${Math.round(days / 30.44)} months`
          : `${Math.round(days / 365.25)} years`;
  return time > now ? `in ${span}` : `${span} ago`;
}
