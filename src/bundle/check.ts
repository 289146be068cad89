import { type Digest, sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { type Progress, silent } from '../core/progress.ts';
import { digestSource } from '../files/read.ts';
import { decompress } from './compression.ts';
import type { ManifestComponent } from './manifest.ts';
import type { OpenBundle } from './open.ts';

/** A part of a bundle whose digest is in the manifest. */
export interface BundlePart {
  readonly part: 'payload' | 'extra';
  readonly name: string;
}

/**
 * Reads every payload and extra and checks its digest against the manifest, then decompresses each payload and checks the
 * image's. Whether the manifest is genuine is for `verifyManifestSignatures` to say.
 *
 * @throws OtaError `digest-mismatch`, `length-mismatch`, `payload-invalid`
 */
export async function checkBundle(bundle: OpenBundle, progress: Progress = silent): Promise<void> {
  await checkParts(bundle, progress);
  await checkImages(bundle, bundle.manifest.components, progress);
}

/** Decompresses payloads and checks the images' digests. @throws OtaError as `checkBundle` */
export async function checkImages(
  bundle: OpenBundle,
  components: readonly ManifestComponent[],
  progress: Progress,
): Promise<void> {
  for (const component of components) await checkImage(bundle, component, progress);
}

/** Checks the digests of every payload and extra. @throws OtaError `digest-mismatch` */
export async function checkParts(bundle: OpenBundle, progress: Progress): Promise<void> {
  const { components, extras } = bundle.manifest;
  for (const { name } of components) await checkPart(bundle, { part: 'payload', name }, progress);
  for (const { name } of extras) await checkPart(bundle, { part: 'extra', name }, progress);
}

/** Reads one part and checks its digest against the manifest. @throws OtaError `digest-mismatch` */
export async function checkPart(bundle: OpenBundle, item: BundlePart, progress: Progress): Promise<void> {
  const actual = await digestSource(bundle[item.part](item.name), `check ${pathOf(item)}`, progress);
  if (!sameDigest(actual, digestIn(bundle, item))) throw damagedPart(bundle, item, actual.sha256);
}

/** @param sha256 what a part has instead of what the manifest says */
export function damagedPart(bundle: OpenBundle, item: BundlePart, sha256?: string): OtaError {
  const path = pathOf(item);
  const has = sha256 === undefined ? 'has other bytes' : `has the SHA-256 ${sha256}`;
  return new OtaError(
    'digest-mismatch',
    `${path} ${has}, the manifest says ${digestIn(bundle, item).sha256}`,
    {
      where: path,
      hint: 'The bundle was damaged or changed. Get it again from where it was made.',
    },
  );
}

const pathOf = ({ part, name }: BundlePart): string => `${part}s/${name}`;

function digestIn({ manifest }: OpenBundle, { part, name }: BundlePart): Digest {
  const found =
    part === 'payload'
      ? manifest.components.find((component) => component.name === name)?.payload
      : manifest.extras.find((extra) => extra.name === name);
  if (found) return found;
  throw new TypeError(`a bundle without ${part} ${name}`);
}

async function checkImage(
  bundle: OpenBundle,
  { name, image, payload }: ManifestComponent,
  progress: Progress,
): Promise<void> {
  if (payload.compression !== 'zstd') return;
  let done = 0;
  for await (const piece of decompress(bundle.payload(name), image)) {
    done += piece.length;
    progress({ task: `decompress ${name}`, done, total: image.length });
  }
}
