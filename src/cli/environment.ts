import { availableParallelism } from 'node:os';
import { OtaError } from '../core/errors.ts';
import type { Seconds } from '../core/time.ts';

/**
 * `SOURCE_DATE_EPOCH` (reproducible-builds.org), `undefined` where it is not set.
 *
 * @throws OtaError `date-invalid`
 */
export function sourceDateEpoch(environment: NodeJS.ProcessEnv = process.env): Seconds | undefined {
  const text = environment.SOURCE_DATE_EPOCH;
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new OtaError(
    'date-invalid',
    `SOURCE_DATE_EPOCH is ${JSON.stringify(text)}, not a whole number of seconds`,
    {
      where: 'SOURCE_DATE_EPOCH',
      hint: 'Unset it, or set it to the seconds since 1970 of the last commit: git log -1 --format=%ct.',
    },
  );
}

/** Threads that this process may run at once. */
export const processors = (): number => availableParallelism();
