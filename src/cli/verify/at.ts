import { OtaError } from '../../core/errors.ts';
import { parseTime, type Seconds } from '../../core/time.ts';

/**
 * A day (its start, UTC) or a time that a person gives: `2027-01-31` or `2027-01-31T12:00:00Z`.
 *
 * @throws OtaError `date-invalid`
 */
export function parseAt(text: string): Seconds {
  try {
    return parseTime(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  } catch (cause) {
    throw new OtaError('date-invalid', `--at ${JSON.stringify(text)} is not a date`, {
      where: '--at',
      hint: 'Write it as 2027-01-31 or 2027-01-31T12:00:00Z.',
      cause,
    });
  }
}
