import type { Sealed } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import { checkBundle } from './check.ts';
import { withOpenBundle } from './files.ts';
import { parseSignatures } from './signatures-region.ts';

/**
 * Whether a path holds a bundle that differs from the one to be made in nothing but its signatures: the manifest decides
 * everything else. It is left where it is, with the signatures that it may have.
 */
export async function hasSameContent(
  path: string,
  manifest: Sealed,
  mtime: Seconds,
  progress: Progress,
): Promise<boolean> {
  try {
    return await withOpenBundle(path, async (bundle) => {
      if (bundle.sealed.sha256 !== manifest.sha256 || bundle.mtime !== mtime) return false;
      parseSignatures(bundle.signatures.bytes);
      await checkBundle(bundle, progress);
      return true;
    });
  } catch (error) {
    if (error instanceof OtaError) return false;
    throw error;
  }
}
