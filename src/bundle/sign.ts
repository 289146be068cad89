import { basename, dirname, join } from 'node:path';
import { equalBytes, utf8 } from '../core/bytes.ts';
import { readSmallFileIfPresent } from '../files/read.ts';
import { removeFile } from '../files/remove.ts';
import { type UpdatableFile, withUpdatableFile } from '../files/update.ts';
import { writeFileAtomic } from '../files/write.ts';
import type { Signer } from '../keys/signer.ts';
import { namingBundle } from './damage.ts';
import { type OpenBundle, openBundle } from './open.ts';
import { appendSignatures } from './signatures.ts';
import { parseSignatures, SIGNATURES_BYTES } from './signatures-region.ts';

export interface SignedBundle {
  readonly path: string;
  /** Keyids that signed now; those that had signed before are not among them. */
  readonly added: readonly string[];
}

/**
 * Adds signatures to a bundle in place: only the region of fixed size is written, so that it takes the same time for any
 * bundle. Until the disk has it, a copy of the old region stands beside the bundle.
 *
 * @param review is given the bundle before anything is signed, and may throw
 * @throws OtaError as `openBundle`, `appendSignatures`; `input-missing`, `output-failed`, `disk-full`
 */
export async function signBundleFile(
  path: string,
  signers: readonly Signer[],
  review: (bundle: OpenBundle) => Promise<void> = async () => {},
): Promise<SignedBundle> {
  return namingBundle(path, async () => {
    await recoverSignatures(path);
    return withUpdatableFile(path, async (file) => {
      const bundle = await openBundle(file);
      await review(bundle);
      const { region, added } = await appendSignatures(
        bundle.sealed.bytes,
        bundle.signatures.bytes,
        signers,
        `manifest of ${bundle.manifest.product} ${bundle.manifest.version}`,
      );
      if (!equalBytes(region, bundle.signatures.bytes)) await writeRegion(file, bundle, region);
      return { path, added };
    });
  });
}

async function writeRegion(file: UpdatableFile, bundle: OpenBundle, region: Uint8Array): Promise<void> {
  const copy = copyPath(file.path);
  await writeFileAtomic(copy, Buffer.concat([utf8(bundle.sealed.sha256), bundle.signatures.bytes]));
  await file.overwrite(bundle.signaturesOffset, region);
  await removeFile(copy);
}

const copyPath = (path: string): string => join(dirname(path), `.${basename(path)}.signatures`);
const SHA256_CHARACTERS = 64;

/**
 * Undoes a signing that a power cut or a kill left half written: where the copy of the old region still stands and what the
 * bundle has is no region, the copy is put back. In every other case the bundle is left alone, and a copy is removed.
 *
 * @throws OtaError `output-failed`
 */
export async function recoverSignatures(path: string): Promise<void> {
  const copy = await readSmallFileIfPresent(copyPath(path));
  if (copy === undefined) return;
  await withUpdatableFile(path, async (file) => {
    const bundle = await openBundle(file);
    const sameBundle = equalBytes(copy.subarray(0, SHA256_CHARACTERS), utf8(bundle.sealed.sha256));
    const region = copy.subarray(SHA256_CHARACTERS);
    if (sameBundle && region.length === SIGNATURES_BYTES && !isRegion(bundle.signatures.bytes)) {
      await file.overwrite(bundle.signaturesOffset, region);
    }
  });
  await removeFile(copyPath(path));
}

function isRegion(bytes: Uint8Array): boolean {
  try {
    parseSignatures(bytes);
    return true;
  } catch {
    return false;
  }
}
