import { OtaError } from './errors.ts';

/** Seconds since 1970-01-01T00:00:00Z, a whole number. */
export type Seconds = number;

const FORMAT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/** The years 0000 to 9999. */
const FIRST: Seconds = -62_167_219_200;
const LAST: Seconds = 253_402_300_799;

/**
 * `YYYY-MM-DDTHH:MM:SSZ`, the one form of TUF 1.0.34, section 4.2.1.
 *
 * @throws OtaError `date-invalid` for a time that this form cannot hold
 */
export function formatTime(time: Seconds): string {
  if (time >= FIRST && time <= LAST) return `${new Date(time * 1000).toISOString().slice(0, 19)}Z`;
  throw new OtaError('date-invalid', `${time} seconds after 1970 is outside the years 0000 to 9999`, {
    hint: 'Check the clock of this machine.',
  });
}

/**
 * Reads exactly `YYYY-MM-DDTHH:MM:SSZ`; a date that does not exist is refused because it does not print back the same.
 *
 * @throws OtaError `date-invalid`
 */
export function parseTime(text: string, where?: string): Seconds {
  const time = FORMAT.test(text) ? Date.parse(text) / 1000 : Number.NaN;
  if (Number.isSafeInteger(time) && formatTime(time) === text) return time;
  throw new OtaError(
    'date-invalid',
    `${JSON.stringify(text)} is not a date of the form YYYY-MM-DDTHH:MM:SSZ`,
    {
      ...(where === undefined ? {} : { where }),
    },
  );
}

export const DAY: Seconds = 86_400;
