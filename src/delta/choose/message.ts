import { CODES, type Code, type Fault, OtaError } from '../../core/errors.ts';
import type { DeltaDone } from './task.ts';

/** What a worker says of its task. */
export type Message =
  | { readonly fraction: number }
  | { readonly done: DeltaDone }
  | { readonly refused: SentError }
  | { readonly bug: string };

/** An `OtaError` as it passes from one thread to another, which a class does not. */
interface SentError {
  readonly code: string;
  readonly message: string;
  readonly where?: string | undefined;
  readonly hint?: string | undefined;
  readonly faults: readonly Fault[];
}

/** What went wrong in a worker: a refusal as such, anything else with its stack. */
export function sent(error: unknown): Message {
  if (error instanceof OtaError) {
    const { code, message, where, hint, faults } = error;
    return { refused: { code, message, where, hint, faults } };
  }
  return { bug: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

export function received({ code, message, where, hint, faults }: SentError): OtaError {
  if (!Object.hasOwn(CODES, code)) throw new TypeError(`a worker ended with ${code}: ${message}`);
  return new OtaError(code as Code, message, {
    faults,
    ...(where === undefined ? {} : { where }),
    ...(hint === undefined ? {} : { hint }),
  });
}
