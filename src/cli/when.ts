import { OtaError } from '../core/errors.ts';
import { DAY, parseTime, type Seconds } from '../core/time.ts';

/**
 * A time as a person gives it: a day (its beginning, UTC), an exact time, or days from now as in `365d`.
 *
 * @throws OtaError `date-invalid`
 */
export function parseWhen(text: string, now: Seconds): Seconds {
  const days = parseDays(text);
  if (days !== undefined) return now + days;
  try {
    return parseTime(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  } catch (cause) {
    throw new OtaError('date-invalid', `${JSON.stringify(text)} is not a date`, {
      where: text,
      cause,
      hint: 'Write 2027-05-31, 2027-05-31T12:00:00Z, or days from now as in 365d.',
    });
  }
}

/** Days as in `30d`, in seconds. @throws OtaError `usage-flag` */
export function parseSpan(text: string, flag: string): Seconds {
  const span = parseDays(text);
  if (span !== undefined) return span;
  throw new OtaError('usage-flag', `${flag} ${JSON.stringify(text)} is not a number of days`, {
    hint: 'Write it as in 30d.',
  });
}

/** Days of a year and of a month, on average: a span that is given in them is rounded up to whole days. */
const DAYS = { d: 1, w: 7, mo: 365.25 / 12, y: 365.25 } as const;

/** A time that something has to last, as in `18mo`, `2y`, `26w` or `90d`, in whole days. @throws OtaError `usage-flag` */
export function parseLasting(text: string, flag: string): number {
  const [, count, unit] = /^(\d{1,5})(d|w|mo|y)$/.exec(text) ?? [];
  const days = Math.ceil(Number(count) * (DAYS[unit as keyof typeof DAYS] ?? Number.NaN));
  if (days >= 1 && days <= MAX_DAYS) return days;
  throw new OtaError('usage-flag', `${flag} ${JSON.stringify(text)} is not a time that something lasts`, {
    hint: 'Write it as in 18mo, 2y, 26w or 90d: a day at least, a hundred years at most.',
  });
}

const MAX_DAYS = 36_525;

function parseDays(text: string): Seconds | undefined {
  const [, days] = /^(\d{1,5})d$/.exec(text) ?? [];
  return days === undefined ? undefined : Number(days) * DAY;
}
