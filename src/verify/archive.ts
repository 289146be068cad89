import { MAX_MANIFEST_BYTES, type Manifest } from '../bundle/manifest.ts';
import { parseManifest } from '../bundle/parse-manifest.ts';
import { SIGNATURES_BYTES } from '../bundle/signatures-region.ts';
import type { Digest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';
import { inParallel } from '../core/parallel.ts';
import {
  type ArchivedRelease,
  type ArchiveIndex,
  type ArchivePageRef,
  parseArchiveIndex,
  parseArchivePage,
} from '../repository/archive.ts';
import {
  archivePagePath,
  extraPath,
  manifestPath,
  payloadPath,
  signaturesPath,
  targetKey,
} from '../repository/layout.ts';
import type { ArchiveJob, DocumentJob } from './plan.ts';
import { checkSignatures, type ReleaseContext, type VerifiedRelease } from './release.ts';

/** An index of 100,000 pages and a page of 1,000 releases fit. */
const MAX_INDEX_BYTES = 32 * 2 ** 20;
const MAX_PAGE_BYTES = 2 * 2 ** 20;
const HINT = 'Archive a release anew by publishing, or put the object back from a copy of the store.';

/**
 * Checks a product's archive: the index that its role lists, each page, and of each release on it the manifest, the signatures by
 * the keys of its time, and every payload and extra that the manifest names. One page is held at a time.
 */
export async function verifyArchive(
  { product, index: document }: ArchiveJob,
  context: ReleaseContext,
  width: number,
): Promise<readonly VerifiedRelease[]> {
  const { objects, findings } = context;
  const { path } = document.target;
  const bytes = await objects.document(document, MAX_INDEX_BYTES);
  const index =
    bytes && (await findings.attempt(path, () => ofProduct(parseArchiveIndex(bytes, path), product)));
  const verified: VerifiedRelease[] = [];
  const highest = new Map<Name, number>();
  for (const page of index?.pages ?? []) {
    await inParallel(await readPage(product, page, context), width, async (release) => {
      const { manifest, ...found } = await verifyArchived(product, release, context);
      for (const { name, counter } of manifest?.components ?? []) {
        highest.set(name, Math.max(counter, highest.get(name) ?? 0));
      }
      verified.push({ ...found, manifest: release.manifest.sha256 });
    });
  }
  for (const [name, counter] of highest) {
    const listed = index?.counters.get(name)?.counter ?? -1;
    if (listed >= counter) continue;
    const what = `has counter ${listed} for ${name}, and an archived release has ${counter}`;
    findings.add('release-inconsistent', path, `${path} ${what}`, HINT);
  }
  return verified.toSorted((a, b) => (a.version < b.version ? -1 : 1));
}

function ofProduct(index: ArchiveIndex, product: Name): ArchiveIndex {
  if (index.product === product) return index;
  throw new OtaError('archive-foreign', `it is the archive of ${index.product}`, { hint: HINT });
}

async function readPage(
  product: Name,
  page: ArchivePageRef,
  { objects, findings }: ReleaseContext,
): Promise<readonly ArchivedRelease[]> {
  const job = jobOf(archivePagePath(product), page, product);
  objects.expect([job]);
  const bytes = await objects.document(job, MAX_PAGE_BYTES);
  if (!bytes) return [];
  const releases = await findings.attempt(job.key, () => {
    const found = parseArchivePage(bytes, job.key);
    const [first, last] = [found[0]?.version, found.at(-1)?.version];
    if (found.length === page.count && first === page.first && last === page.last) return found;
    throw new OtaError('archive-page', `${job.key} does not hold the releases that the index says`, {
      hint: HINT,
    });
  });
  return releases ?? [];
}

async function verifyArchived(
  product: Name,
  { version, manifest: digest, signatures, retired }: ArchivedRelease,
  context: ReleaseContext,
): Promise<Omit<VerifiedRelease, 'manifest'> & { readonly manifest: Manifest | undefined }> {
  const { objects, findings } = context;
  const path = manifestPath(product, version);
  const [document, region] = [
    jobOf(path, digest, product),
    jobOf(signaturesPath(product, version), signatures, product),
  ];
  objects.expect([document, region]);
  const bytes = await objects.document(document, MAX_MANIFEST_BYTES);
  const signers = await checkSignatures(
    { product, version },
    bytes,
    await objects.document(region, SIGNATURES_BYTES),
    context,
  );
  const manifest = bytes && (await findings.attempt(path, () => parsed(bytes, path, product, version)));
  // Of one that is retired, the payloads may be gone.
  const jobs = manifest && retired === undefined ? partsOf(manifest) : [];
  objects.expect(jobs);
  for (const job of jobs) await objects.check(job);
  const components = manifest?.components.length ?? 0;
  return { product, version, components, deltas: 0, archived: true, ...signers, manifest };
}

function parsed(bytes: Uint8Array, path: string, product: string, version: string): Manifest {
  const manifest = parseManifest(bytes, path);
  if (manifest.product === product && manifest.version === version) return manifest;
  throw new OtaError('release-inconsistent', `${path} is that of ${manifest.product} ${manifest.version}`, {
    hint: HINT,
  });
}

const partsOf = ({ product, version, components, extras }: Manifest): readonly DocumentJob[] => [
  ...components.map(({ name, payload }) => jobOf(payloadPath(product, version, name), payload, product)),
  ...extras.map((extra) => jobOf(extraPath(product, version, extra.name), extra, product)),
];

/** An object that no role lists, by the digest that something signed names. */
const jobOf = (path: string, { length, sha256 }: Digest, role: string): DocumentJob => ({
  key: targetKey(path, sha256),
  target: { path, length, sha256, role },
});
