import { parseSignatures, SIGNATURES_BYTES } from '../bundle/signatures-region.ts';
import { type Sealed, seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import { signaturesPath, targetKey } from '../repository/layout.ts';
import type { TargetFile, Targets } from '../repository/model.ts';
import type { ReadStore } from '../storage/store.ts';
import { releasesOf } from './releases.ts';
import { type NewTarget, sealedTarget } from './targets.ts';

/** A release by its manifest. */
interface ReleaseId {
  readonly product: Name;
  readonly version: Version;
  readonly manifestSha256: string;
}

/**
 * Where the signatures of a manifest stand that was signed in one go with the role that lists it. The role could not name
 * their digest, so they stand under that of the manifest, where whoever has the manifest finds them; they vouch for themselves.
 */
export const signaturesKey = ({ product, version, manifestSha256 }: ReleaseId): string =>
  targetKey(signaturesPath(product, version), manifestSha256);

/** As a target of the product's role, which lists them from its next version on. */
export const signaturesTarget = ({ product, version }: ReleaseId, sealed: Sealed): NewTarget =>
  sealedTarget(signaturesPath(product, version), sealed);

/**
 * A product's role as its next version is made from: with the signatures of releases that were signed together with it.
 *
 * @throws OtaError what the store throws
 */
export async function withSignatures(store: ReadStore, role: Targets): Promise<Targets> {
  const found = new Map<string, TargetFile>();
  for (const { product, version, manifest } of releasesOf(role)) {
    const path = signaturesPath(product, version);
    if (role.targets.has(path)) continue;
    const key = signaturesKey({ product, version, manifestSha256: manifest.sha256 });
    const read = await store.read(key, SIGNATURES_BYTES);
    if (!read || !isSigned(read.bytes, path)) continue;
    const { length, sha256 } = seal(read.bytes);
    found.set(path, { length, sha256 });
  }
  return found.size === 0 ? role : { ...role, targets: new Map([...role.targets, ...found]) };
}

function isSigned(bytes: Uint8Array, where: string): boolean {
  try {
    return parseSignatures(bytes, where).length > 0;
  } catch (error) {
    if (error instanceof OtaError) return false;
    throw error;
  }
}
