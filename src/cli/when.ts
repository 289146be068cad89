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

function parseDays(text: string): Seconds | undefined {
  const [, days] = /^(\d{1,5})d$/.exec(text) ?? [];
  return days === undefined ? undefined : Number(days) * DAY;
}
