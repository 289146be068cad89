import type { BundledBase } from '../bundle/create.ts';
import { withOpenBundle } from '../bundle/files.ts';
import { OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';

/**
 * The releases in bundles that devices may come from. Their signatures are not looked at: what they say can only make an
 * order harder to find.
 *
 * @throws OtaError `name-invalid` for a bundle of another product; as `withOpenBundle`
 */
export async function basesOf(paths: readonly string[], product: Name): Promise<readonly BundledBase[]> {
  const bases: BundledBase[] = [];
  for (const path of paths) {
    const { manifest } = await withOpenBundle(path, async (bundle) => bundle);
    if (manifest.product !== product) {
      throw new OtaError('name-invalid', `${path} is a bundle of ${manifest.product}, not of ${product}`, {
        where: path,
        hint: `Name bundles of ${product} with --from.`,
      });
    }
    bases.push({ label: manifest.version, parts: manifest });
  }
  return bases;
}
