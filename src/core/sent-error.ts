import { CODES, type Code, type Fault, OtaError } from './errors.ts';

/** What went wrong, as it passes from one thread to another, which a class does not: a refusal, or a bug with its stack. */
export type SentError = { readonly refused: Refused } | { readonly bug: string };

interface Refused {
  readonly code: string;
  readonly message: string;
  readonly where?: string | undefined;
  readonly hint?: string | undefined;
  readonly faults: readonly Fault[];
}

export function sentError(error: unknown): SentError {
  if (error instanceof OtaError) {
    const { code, message, where, hint, faults } = error;
    return { refused: { code, message, where, hint, faults } };
  }
  return { bug: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

export function receivedError(sent: SentError): Error {
  if ('bug' in sent) return new Error(sent.bug);
  const { code, message, where, hint, faults } = sent.refused;
  if (!Object.hasOwn(CODES, code)) return new TypeError(`a worker ended with ${code}: ${message}`);
  return new OtaError(code as Code, message, {
    faults,
    ...(where === undefined ? {} : { where }),
    ...(hint === undefined ? {} : { hint }),
  });
}
