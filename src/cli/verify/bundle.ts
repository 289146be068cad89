import { checkBundle } from '../../bundle/check.ts';
import { withOpenBundle } from '../../bundle/files.ts';
import { verifyManifestSignatures } from '../../bundle/signatures.ts';
import type { Name } from '../../core/names.ts';
import type { Progress } from '../../core/progress.ts';
import { describeKey, type KeyDescription } from '../../keys/fingerprint.ts';
import type { ReleaseKeys } from '../release-keys.ts';

/** A bundle that passed every check. */
export interface VerifiedBundle {
  readonly path: string;
  readonly product: string;
  readonly version: string;
  /** SHA-256 of the manifest. */
  readonly manifest: string;
  /** Keyids that signed. */
  readonly signed: readonly string[];
  /** The same, as they are compared. */
  readonly keys: readonly KeyDescription[];
  readonly threshold: number;
  /** Where the keys that count were taken from. */
  readonly keysFrom: string;
  /** How many payloads and images were checked. */
  readonly components: number;
}

/**
 * Checks who signed a bundle, then every byte of it.
 *
 * @param keysOf the release keys of a product
 * @throws OtaError as `withOpenBundle`, `verifyManifestSignatures` and `checkBundle`; what `keysOf` throws
 */
export function verifyBundleFile(
  path: string,
  keysOf: (product: Name) => Promise<ReleaseKeys>,
  progress: Progress,
): Promise<VerifiedBundle> {
  return withOpenBundle(path, async (bundle) => {
    const { manifest, sealed, signatures } = bundle;
    const { keys, threshold, source } = await keysOf(manifest.product);
    const { signed } = verifyManifestSignatures(sealed.bytes, signatures.bytes, keys, threshold);
    await checkBundle(bundle, progress);
    return {
      path,
      product: manifest.product,
      version: manifest.version,
      manifest: sealed.sha256,
      signed,
      keys: await Promise.all(
        signed.flatMap((keyid) => keys.get(keyid) ?? []).map((key) => describeKey(key)),
      ),
      threshold,
      keysFrom: source,
      components: manifest.components.length,
    };
  });
}
