import { fromUtf8 } from '../../core/bytes.ts';
import { OtaError } from '../../core/errors.ts';
import type { ReleaseFile } from './model.ts';
import { parseReleaseFile } from './parse.ts';

/**
 * Reads a release file from its bytes.
 *
 * @param path what they were read from, for messages
 * @throws OtaError `release-file-invalid` for what is not UTF-8 too; as `parseReleaseFile`
 */
export const readReleaseFile = (bytes: Uint8Array, path: string): ReleaseFile =>
  parseReleaseFile(textOf(bytes, path), path);

function textOf(bytes: Uint8Array, path: string): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw new OtaError('release-file-invalid', `${path} is not UTF-8 text`, {
      where: path,
      hint: 'Save it as UTF-8 in your editor, and run the same command again.',
      cause,
    });
  }
}
