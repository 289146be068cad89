import { OtaError } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import { TOP_ROLES } from './model.ts';
import { checkTargetPath, encodedRole, isRoleName, productRole } from './names.ts';

const METADATA = 'metadata/';
const TARGETS = 'targets/';
const KEY_SEGMENTS = /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/;
const EXTRA_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const SHORT_DIGEST = 16;

export const TIMESTAMP_KEY = `${METADATA}timestamp.json`;

/**
 * Where a role's file lies in the store: `metadata/<version>.<role>.json` (TUF 1.0.34, section 6.2). The timestamp has
 * no version in its name, nor has anything but the root where consistent snapshots are off (`version` is `undefined`).
 * Names that are not of our own kind are percent-encoded.
 *
 * @throws OtaError `role-name` for a name that is not safe in a key
 */
export function metadataKey(role: string, version: number | undefined): string {
  if (!TOP_ROLES.some((top) => top === role) && !isRoleName(role)) {
    throw new OtaError('role-name', `${JSON.stringify(role)} is not a role name that can be stored`, {
      where: role,
    });
  }
  return version === undefined || role === 'timestamp'
    ? `${METADATA}${encodedRole(role)}.json`
    : `${METADATA}${version}.${encodedRole(role)}.json`;
}

/**
 * Where a target lies in the store: `targets/<folder>/<sha256>.<name>` (section 6.2), or `targets/<path>` where
 * consistent snapshots are off (`sha256` is `undefined`).
 *
 * @throws OtaError `target-path`
 */
export function targetKey(path: string, sha256: string | undefined): string {
  checkTargetPath(path);
  if (!KEY_SEGMENTS.test(path)) {
    throw new OtaError('target-path', `${JSON.stringify(path)} cannot be a key in a store`, { where: path });
  }
  const slash = path.lastIndexOf('/') + 1;
  const prefix = sha256 === undefined ? '' : `${sha256}.`;
  return `${TARGETS}${path.slice(0, slash)}${prefix}${path.slice(slash)}`;
}

/** What a product's role may speak about: everything of its releases, and the folder of its channels. */
export const productPattern = (product: Name): string => `${productRole(product)}/*/*`;
export const channelsPattern = (product: Name): string => `${productRole(product)}/channels/*`;

export const manifestPath = (product: Name, version: Version): string =>
  `${product}/${version}/manifest.json`;
export const signaturesPath = (product: Name, version: Version): string =>
  `${product}/${version}/signatures.json`;
export const payloadPath = (product: Name, version: Version, component: Name): string =>
  `${product}/${version}/${component}`;
export const channelPath = (product: Name, channel: Name): string => `${product}/channels/${channel}.json`;
/** The releases of a product that were recalled; no channel has a name with a `_`. */
export const recallsPath = (product: Name): string => `${product}/channels/_recalled.json`;
/** The archive of a product's releases; no release has a folder of that name, which does not start with a digit. */
export const archivePath = (product: Name): string => `${product}/archive/releases.json`;
/** A page of it: found by the digest that the archive names, listed by no role. */
export const archivePagePath = (product: Name): string => `${product}/archive/page.json`;
/** What the target paths of one release start with. */
export const releaseFolder = (product: Name, version: Version): string => `${product}/${version}/`;

/** A device that knows the SHA-256 of its image finds a delta from it by name, with no list to fetch. */
export const deltaPath = (
  product: Name,
  version: Version,
  component: Name,
  oldImageSha256: string,
  format: string,
): string => `${product}/${version}/${component}.from.${oldImageSha256.slice(0, SHORT_DIGEST)}.${format}`;

/**
 * An extra of a release (notes, SBOM). No component's name has a `_`, so an extra never takes a component's path.
 *
 * @throws OtaError `name-invalid`
 */
export function extraPath(product: Name, version: Version, name: string): string {
  if (EXTRA_NAME.test(name)) return `${product}/${version}/extra_${name}`;
  throw new OtaError('name-invalid', `${JSON.stringify(name)} is not a valid name of an extra file`, {
    where: name,
    hint: 'Use 1 to 128 of A-Z, a-z, 0-9, ".", "_" and "-", starting with a letter or digit.',
  });
}

export { channelsRole, productRole } from './names.ts';

/** How an object is served. Every name but the timestamp's holds a version or a digest, so its bytes never change. */
export function headersOf(key: string): { readonly contentType: string; readonly cacheControl: string } {
  return {
    contentType: key.endsWith('.json') ? 'application/json' : 'application/octet-stream',
    cacheControl: key === TIMESTAMP_KEY ? 'no-cache' : 'public, max-age=31536000, immutable',
  };
}
