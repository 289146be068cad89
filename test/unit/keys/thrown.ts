import { expect } from 'vitest';
import { OtaError } from '../../../src/core/errors.ts';

/** The OtaError that `run` throws; any other outcome fails the test. */
export function thrown(run: () => unknown): OtaError {
  try {
    run();
  } catch (error) {
    return asOtaError(error);
  }
  return expect.fail('nothing was thrown');
}

export async function rejected(promise: Promise<unknown>): Promise<OtaError> {
  const outcome = await promise.then(
    () => expect.fail('nothing was thrown'),
    (error: unknown) => error,
  );
  return asOtaError(outcome);
}

function asOtaError(error: unknown): OtaError {
  if (error instanceof OtaError) return error;
  throw error;
}
