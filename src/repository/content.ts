import { OtaError } from '../core/errors.ts';

/**
 * Reads what a target holds, or what its role says of it. It is signed, so a fault in it is no input that a person could correct:
 * nobody may act on what was not understood.
 *
 * @param path of the target
 * @throws OtaError `target-invalid` for a fault of form, with the cause; what else `read` throws
 */
export function readContent<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof OtaError) || cause.category !== 'input') throw cause;
    throw new OtaError('target-invalid', `${path} is signed, and yet not valid: ${cause.message}`, {
      where: cause.where ?? path,
      hint: 'Use a release of ota that knows its format; if there is none, the publisher has to publish it again.',
      cause,
    });
  }
}
