import { join } from 'node:path';
import type { Name, Version } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import { chunks } from '../core/source.ts';
import { writeStreamAtomic } from '../files/write.ts';
import { readImage } from './image.ts';
import type { Manifest } from './manifest.ts';
import type { OpenBundle } from './open.ts';
import type { ReleaseContent } from './release-file/model.ts';

/**
 * An earlier release under a new version, for a downgrade that devices accept: its images and its components' versions as they
 * were, its security counters at least what devices have seen.
 *
 * @param seen the highest counter of each component that was published
 */
export const reissued = (
  { product, hardware, components, fixed, extras }: Manifest,
  version: Version,
  seen: ReadonlyMap<Name, number>,
): ReleaseContent => ({
  product,
  version,
  hardware,
  components: components.map(({ image: _, payload, architecture: __, ...component }, index) => ({
    ...component,
    file: component.name,
    compression: payload.compression,
    counter: Math.max(component.counter, seen.get(component.name) ?? 0),
    // Where nothing decides otherwise, the order that it had.
    order: index,
  })),
  fixed,
  extras: extras.map(({ name }) => name),
});

/**
 * Writes the images and extras of a bundle into a folder, under the names that `reissued` gives them.
 *
 * @throws OtaError `payload-invalid`, `digest-mismatch`, `length-mismatch` for a damaged bundle; `disk-full`, `output-failed`
 */
export async function unpackBundle(bundle: OpenBundle, folder: string, progress: Progress): Promise<void> {
  for (const { name, payload, image } of bundle.manifest.components) {
    const options = { component: name, compression: payload.compression, image, progress };
    await writeStreamAtomic(join(folder, name), readImage(bundle.payload(name), options));
  }
  for (const { name } of bundle.manifest.extras) {
    await writeStreamAtomic(join(folder, name), chunks(bundle.extra(name)));
  }
}
