import type { Manifest } from '../bundle/manifest.ts';
import { parseManifest } from '../bundle/parse-manifest.ts';
import { type BundleParts, rebuildBundle } from '../bundle/rebuild.ts';
import { verifyManifestSignatures } from '../bundle/signatures.ts';
import { type Digest, type Sealed, seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import { downloadTarget } from '../device/client/download.ts';
import type { TrustedRepository } from '../device/client/repository.ts';
import { type ArchivedRelease, archiveOrder } from '../repository/archive.ts';
import { extraPath, manifestPath, payloadPath, productRole, signaturesPath } from '../repository/layout.ts';
import type { Targets } from '../repository/model.ts';
import type { Recall, RecallMark } from '../repository/recalls.ts';
import type { Trust } from '../repository/trust.ts';
import type { ReadStore } from '../storage/store.ts';
import { type Archive, findArchived, openArchive } from './archive.ts';
import { type PastKeys, pastReleaseKeys } from './past-keys.ts';
import { repositoryRecalls } from './recalls.ts';
import { type PublishedRelease, releasesOf } from './releases.ts';
import { readLive } from './repository-state.ts';
import { withSignatures } from './signature-files.ts';

/** A release that was published once, live or archived. */
export interface PastRelease {
  readonly version: Version;
  readonly sequence: number;
  readonly manifest: Digest;
  readonly signatures: Digest;
  /** The time of the entries of its bundle. */
  readonly time: Seconds;
  /** When it left the product's role; absent for one that is live. */
  readonly archived?: Seconds;
  readonly recalled?: RecallMark;
}

/** All releases of a product as its role and its archive list them, whatever has expired meanwhile. */
export interface PastReleases {
  readonly store: ReadStore;
  readonly trust: Trust;
  readonly product: Name;
  readonly repository: TrustedRepository;
  readonly live: readonly PastRelease[];
  readonly archive: Archive;
  /** The releases that were recalled, live or archived. */
  readonly recalls: readonly Recall[];
}

/** @throws OtaError `store-missing`, `role-missing`; as `readLive` and `openArchive` */
export async function openPastReleases(store: ReadStore, trust: Trust, product: Name): Promise<PastReleases> {
  const { repository } = await readLive(store, trust);
  const { signed } = await repository.role(productRole(product));
  const role = await withSignatures(store, signed);
  return {
    store,
    trust,
    product,
    repository,
    live: releasesOf(role).flatMap((release) => liveRelease(role, release)),
    archive: await openArchive(repository, role, product),
    recalls: await repositoryRecalls(repository, product),
  };
}

function liveRelease(role: Targets, release: PublishedRelease): readonly PastRelease[] {
  const { product, version, sequence, manifest, time } = release;
  const signatures = role.targets.get(signaturesPath(product, version));
  return signatures ? [{ version, sequence, manifest, signatures, time }] : [];
}

/** The archived releases, the last published first; reads every page. */
export async function archivedReleases({ archive }: PastReleases): Promise<readonly ArchivedRelease[]> {
  const releases: ArchivedRelease[] = [];
  for (const page of archive.pages) releases.push(...(await archive.read(page)));
  return releases.sort((a, b) => b.sequence - a.sequence);
}

/** @throws OtaError `target-missing` for a version that was never published */
export async function findPastRelease(past: PastReleases, version: Version): Promise<PastRelease> {
  const found =
    past.live.find((release) => archiveOrder(release.version, version) === 0) ??
    (await findArchived(past.archive, version));
  if (found) return found;
  throw new OtaError('target-missing', `${past.product} ${version} is neither live nor archived here`, {
    where: past.store.url,
    hint: 'See "ota archive list" for what is archived.',
  });
}

/** A release whose manifest its own signatures vouch for. */
export interface VerifiedRelease {
  readonly release: PastRelease;
  readonly manifest: Manifest;
  /** The keyids that signed. */
  readonly signed: readonly string[];
  /** The version of the targets role whose release keys they are. */
  readonly targets: number;
  readonly parts: BundleParts;
}

/**
 * Reads a release's manifest and signatures and verifies them, by the release keys of today or of its own time.
 *
 * @throws OtaError `target-missing`, `digest-mismatch`, `threshold-unmet`, `signature-invalid`
 */
export async function verifyPastRelease(
  past: PastReleases,
  release: PastRelease,
  progress: Progress,
): Promise<VerifiedRelease> {
  const { product, repository, store } = past;
  const { version } = release;
  const read = async (path: string, digest: Digest): Promise<Sealed> =>
    seal(await repository.read({ path, ...digestOf(digest), role: product }));
  const manifest = await read(manifestPath(product, version), release.manifest);
  const signatures = await read(signaturesPath(product, version), release.signatures);
  const { signed, targets } = await verifyByKeysOfItsTime(past, manifest, signatures);
  const parsed = parseManifest(manifest.bytes, manifestPath(product, version));
  const stream = (path: string, digest: Digest | undefined) => {
    if (!digest) throw new TypeError(`${path} is not a part of ${product} ${version}`);
    return downloadTarget(store, { path, ...digestOf(digest), role: product }, true, progress);
  };
  return {
    release,
    manifest: parsed,
    signed,
    targets,
    parts: {
      manifest,
      signatures,
      mtime: release.time,
      payload: (name) =>
        stream(
          payloadPath(product, version, name as Name),
          parsed.components.find((component) => component.name === name)?.payload,
        ),
      extra: (name) =>
        stream(
          extraPath(product, version, name),
          parsed.extras.find((extra) => extra.name === name),
        ),
    },
  };
}

async function verifyByKeysOfItsTime(
  { store, trust, product, repository }: PastReleases,
  manifest: Sealed,
  signatures: Sealed,
): Promise<{ readonly signed: readonly string[] } & Pick<PastKeys, 'targets'>> {
  let fault: unknown;
  for await (const { keys, threshold, targets } of pastReleaseKeys(store, trust, product, repository)) {
    try {
      return { ...verifyManifestSignatures(manifest.bytes, signatures.bytes, keys, threshold), targets };
    } catch (error) {
      if (!(error instanceof OtaError)) throw error;
      fault ??= error;
    }
  }
  throw fault;
}

/**
 * Reads every payload and extra of a release to its end, and checks the digest of each.
 *
 * @returns bytes read
 * @throws OtaError `target-missing`, `length-mismatch`, `digest-mismatch`
 */
export async function readWhole({ manifest, parts }: VerifiedRelease): Promise<number> {
  let bytes = 0;
  const read = async (pieces: AsyncIterable<Uint8Array>) => {
    for await (const piece of pieces) bytes += piece.length;
  };
  for (const { name } of manifest.components) await read(parts.payload(name));
  for (const { name } of manifest.extras) await read(parts.extra(name));
  return bytes;
}

/** The bundle that was published, byte for byte. @throws OtaError as `readWhole` */
export const bundleOf = ({ parts }: VerifiedRelease): AsyncGenerator<Uint8Array> => rebuildBundle(parts);

const digestOf = ({ length, sha256 }: Digest): Digest => ({ length, sha256 });
