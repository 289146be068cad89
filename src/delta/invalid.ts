import { OtaError } from '../core/errors.ts';

/** A delta that breaks a rule of its format; `what` says which. */
export function invalid(what: string, hint?: string, cause?: unknown): OtaError {
  return new OtaError('delta-invalid', `this is not a valid delta: ${what}`, {
    hint: hint ?? 'Fetch it again; if it is the same, use the full image.',
    ...(cause === undefined ? {} : { cause }),
  });
}
