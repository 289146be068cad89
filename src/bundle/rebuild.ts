import type { Sealed } from '../core/digest.ts';
import type { Seconds } from '../core/time.ts';
import { extraPath, layoutOf, MANIFEST_PATH, payloadPath, SIGNATURES_PATH } from './archive/layout.ts';
import { writeArchive } from './archive/write.ts';
import { parseManifest } from './parse-manifest.ts';

/** The parts of a bundle, wherever they are kept. */
export interface BundleParts {
  readonly manifest: Sealed;
  /** The bytes of `signatures.json`, padding and all. */
  readonly signatures: Sealed;
  /** The time of every entry. */
  readonly mtime: Seconds;
  payload(component: string): AsyncIterable<Uint8Array>;
  extra(name: string): AsyncIterable<Uint8Array>;
}

/**
 * The bundle that these are the parts of, byte for byte: all of its layout follows from the manifest.
 *
 * @throws OtaError `input-changed` where a part has another length than the manifest says; what the parts throw
 */
export async function* rebuildBundle(parts: BundleParts): AsyncGenerator<Uint8Array> {
  const manifest = parseManifest(parts.manifest.bytes);
  const contents = new Map<string, () => AsyncIterable<Uint8Array>>([
    [MANIFEST_PATH, () => once(parts.manifest.bytes)],
    [SIGNATURES_PATH, () => once(parts.signatures.bytes)],
    ...manifest.components.map(({ name }) => [payloadPath(name), () => parts.payload(name)] as const),
    ...manifest.extras.map(({ name }) => [extraPath(name), () => parts.extra(name)] as const),
  ]);
  const entries = layoutOf(manifest, parts.manifest.length).map(({ path, length }) => ({
    path,
    length,
    open: contents.get(path) ?? none,
  }));
  yield* writeArchive(entries, parts.mtime);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function none(): never {
  throw new TypeError('an entry of a bundle that is none of its parts');
}
