import { withFile } from '../files/read.ts';
import { namingBundle } from './damage.ts';
import { type OpenBundle, openBundle } from './open.ts';
import { recoverSignatures } from './sign.ts';

/**
 * Opens a bundle file for as long as `use` takes, on one descriptor, so that what is checked is what is used. A signing that
 * was cut off is undone first. A `bundle-invalid` names the file.
 *
 * @throws OtaError as `openFile`, `openBundle`, `recoverSignatures`; what `use` throws
 */
export async function withOpenBundle<T>(path: string, use: (bundle: OpenBundle) => Promise<T>): Promise<T> {
  return namingBundle(path, async () => {
    await recoverSignatures(path);
    return withFile(path, async (file) => use(await openBundle(file)));
  });
}
