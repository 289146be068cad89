import { type Digest, sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { type Progress, silent } from '../core/progress.ts';
import type { ByteSource } from '../core/source.ts';
import { digestSource } from '../files/read.ts';
import { decompress } from './compression.ts';
import type { ManifestComponent } from './manifest.ts';
import type { OpenBundle } from './open.ts';

/**
 * Reads every payload and extra and checks its digest against the manifest, then decompresses each payload and checks the
 * image's. Whether the manifest is genuine is for `verifyManifestSignatures` to say.
 *
 * @throws OtaError `digest-mismatch`, `length-mismatch`, `payload-invalid`
 */
export async function checkBundle(bundle: OpenBundle, progress: Progress = silent): Promise<void> {
  for (const component of bundle.manifest.components) {
    const payload = bundle.payload(component.name);
    await checkDigest(payload, component.payload, `payloads/${component.name}`, progress);
    if (component.payload.compression === 'zstd') await checkImage(payload, component, progress);
  }
  for (const extra of bundle.manifest.extras) {
    await checkDigest(bundle.extra(extra.name), extra, `extras/${extra.name}`, progress);
  }
}

async function checkDigest(
  source: ByteSource,
  expected: Digest,
  path: string,
  progress: Progress,
): Promise<void> {
  const actual = await digestSource(source, `check ${path}`, progress);
  if (sameDigest(actual, expected)) return;
  throw new OtaError(
    'digest-mismatch',
    `${path} has the SHA-256 ${actual.sha256}, the manifest says ${expected.sha256}`,
    { where: path, hint: 'The bundle was damaged or changed. Get it again from where it was made.' },
  );
}

async function checkImage(
  payload: ByteSource,
  { name, image }: ManifestComponent,
  progress: Progress,
): Promise<void> {
  let done = 0;
  for await (const piece of decompress(payload, image)) {
    done += piece.length;
    progress({ task: `decompress ${name}`, done, total: image.length });
  }
}
