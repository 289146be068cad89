import { type Code, OtaError } from '../core/errors.ts';

/** What to do about a bundle that is not as it was made. */
export const DAMAGE_HINT = 'Get the file again from where it was made.';

const FAULTS_OF_PARTS: ReadonlySet<Code> = new Set(['json-invalid', 'shape-invalid', 'signatures-full']);

/**
 * Reads a part of a bundle. A fault in it is a fault of the bundle: nobody wrote the part by hand, so it was changed or damaged.
 *
 * @param part path of the entry, such as `manifest.json`
 * @throws OtaError `bundle-invalid` for `json-invalid`, `shape-invalid` and `signatures-full`; what else `read` throws
 */
export function readPart<T>(part: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof OtaError) || !FAULTS_OF_PARTS.has(cause.code)) throw cause;
    throw new OtaError('bundle-invalid', `the bundle is damaged: ${part} cannot be read: ${cause.message}`, {
      where: part,
      hint: DAMAGE_HINT,
      cause,
    });
  }
}

/**
 * Runs `use` on the bundle at a path, and names the path in a `bundle-invalid` that it throws; one that has it already is left.
 *
 * @throws OtaError what `use` throws
 */
export async function namingBundle<T>(path: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (!(error instanceof OtaError) || error.code !== 'bundle-invalid') throw error;
    const start = `${path}: `;
    if (error.message.startsWith(start)) throw error;
    throw new OtaError('bundle-invalid', start + error.message, {
      where: error.where === undefined ? path : start + error.where,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}
