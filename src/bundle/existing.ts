import type { Sealed } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import { checkBundle } from './check.ts';
import { withOpenBundle } from './files.ts';
import { parseSignatures } from './signatures-region.ts';

/**
 * What stands where a bundle is to go. It is the same if it differs in nothing but its signatures: the manifest decides
 * everything else. It is left where it is then, with the signatures that it may have.
 */
export async function compareExisting(
  path: string,
  manifest: Sealed,
  mtime: Seconds,
  progress: Progress,
): Promise<'absent' | 'same' | 'other'> {
  try {
    return await withOpenBundle(path, async (bundle) => {
      if (bundle.sealed.sha256 !== manifest.sha256 || bundle.mtime !== mtime) return 'other';
      parseSignatures(bundle.signatures.bytes);
      await checkBundle(bundle, progress);
      return 'same';
    });
  } catch (error) {
    if (!(error instanceof OtaError)) throw error;
    return error.code === 'input-missing' ? 'absent' : 'other';
  }
}
