import { MANIFEST_PAYLOAD_TYPE, type Manifest } from '../bundle/manifest.ts';
import { parseManifest } from '../bundle/parse-manifest.ts';
import { seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { pae } from '../keys/dsse.ts';
import { manifestPath, productRole } from '../repository/layout.ts';
import type { Known } from './known.ts';
import type { ManifestDocument, RequestDocument } from './model.ts';
import { targetsQuorum } from './quorum.ts';
import { type ReviewedRelease, reviewRelease } from './release.ts';
import type { ReviewedDocument } from './review.ts';

/** The manifests of a request. @throws OtaError `json-invalid`, `shape-invalid` */
export const readManifests = (documents: readonly RequestDocument[]): readonly Manifest[] =>
  documents.flatMap((item) => (item.type === 'manifest' ? [parseManifest(item.bytes)] : []));

/**
 * A manifest, held against the role that lists it. One that no role lists yet may be signed by itself, as `ota sign BUNDLE` does.
 *
 * @throws OtaError `request-invalid`
 */
export function reviewManifest(document: ManifestDocument, known: Known): ReviewedDocument {
  const sealed = seal(document.bytes);
  const manifest = parseManifest(document.bytes);
  const { product, version } = manifest;
  const name = `manifest of ${product} ${version}`;
  const role = productRole(product);
  const quorum = targetsQuorum(role, known.root, known.roles);
  if (!quorum) throw refused(name, `nothing delegates to a product ${product}`);
  const listing = known.roles.get(role)?.signed;
  const listed = listing?.targets.has(manifestPath(product, version)) ?? false;
  if (!listed && known.proposed.roles.has(role)) throw refused(name, `${role} does not list it`);
  const release: ReviewedRelease =
    listing && listed
      ? reviewRelease(manifest, sealed, listing, known.chain.roles.get(role)?.signed)
      : { manifest, sha256: sealed.sha256, deltas: [], changes: [] };
  return {
    name,
    document,
    message: pae(MANIFEST_PAYLOAD_TYPE, document.bytes),
    quorums: [quorum],
    changes: release.changes,
    release,
  };
}

const refused = (name: string, why: string): OtaError =>
  new OtaError('request-invalid', `the ${name} cannot be signed: ${why}`, {
    where: name,
    hint: 'Sign nothing. Ask who made the request, and have it made again.',
  });
