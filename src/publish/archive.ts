import { seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import type { TrustedRepository } from '../device/client/repository.ts';
import {
  type ArchivedCounter,
  type ArchivedRelease,
  type ArchiveIndex,
  archiveOrder,
  encodeArchiveIndex,
  parseArchiveIndex,
  parseArchivePage,
} from '../repository/archive.ts';
import { parsePayloadCustom } from '../repository/custom.ts';
import { archivePagePath, archivePath, releaseFolder, signaturesPath } from '../repository/layout.ts';
import type { Targets } from '../repository/model.ts';
import type { Recall } from '../repository/recalls.ts';
import { changePages, pageOf, type ReadPage } from './archive-pages.ts';
import type { PublishedRelease } from './releases.ts';
import { type BundlePolicy, retiresAny, retiring, withoutBases } from './retirement.ts';
import { type NewTarget, sealedTarget } from './targets.ts';

/** A product's archive: what its role says of it, and how to read on. */
export interface Archive extends ArchiveIndex {
  readonly read: ReadPage;
}

/**
 * The archive that a product's role lists; an empty one where it lists none. Reads the index alone.
 *
 * @throws OtaError as `TrustedRepository.read` and `parseArchiveIndex`; `archive-foreign`
 */
export async function openArchive(
  repository: TrustedRepository | undefined,
  role: Targets | undefined,
  product: Name,
): Promise<Archive> {
  const path = archivePath(product);
  const file = role?.targets.get(path);
  if (!repository || !file) {
    const none = () => Promise.reject(new TypeError('an empty archive has no pages'));
    return { product, counters: new Map(), pages: [], read: none };
  }
  const index = parseArchiveIndex(await repository.read({ ...file, path, role: product }), path);
  if (index.product !== product) {
    throw new OtaError('archive-foreign', `${path} is the archive of ${index.product}`, {
      where: path,
      hint: "Whoever holds the release keys signed another product's archive: have the release published again.",
    });
  }
  const page = archivePagePath(product);
  const read: ReadPage = async ({ length, sha256 }) =>
    parseArchivePage(await repository.read({ path: page, length, sha256, role: product }), page);
  return { ...index, read };
}

/** The archived release of a version, in any case of its letters; reads at most one page. */
export async function findArchived(archive: Archive, version: Version): Promise<ArchivedRelease | undefined> {
  const page = pageOf(archive, version);
  if (!page) return undefined;
  return (await archive.read(page)).find((release) => archiveOrder(release.version, version) === 0);
}

/**
 * The archive with releases of the product's role added, and those that return to it taken out.
 *
 * @returns the pages and the index that are new, the index last; nothing where nothing changes
 */
export async function changeArchive(options: {
  readonly archive: Archive;
  readonly role: Targets;
  readonly leaving: readonly PublishedRelease[];
  readonly returning: readonly Version[];
  /** Of the product: those that leave keep the mark. */
  readonly recalls: readonly Recall[];
  /** Releases that are archived already and whose bundles are kept no longer. */
  readonly retiring?: readonly ArchivedRelease[];
  readonly now: Seconds;
}): Promise<readonly NewTarget[]> {
  const { archive, role, leaving, returning, recalls, retiring = [], now } = options;
  if (leaving.length + returning.length + retiring.length === 0) return [];
  const { product } = archive;
  const { pages, made } = await changePages({
    product,
    pages: archive.pages,
    added: [
      ...leaving.map((release) => archived(role, release, recalls, now)),
      ...retiring.map((release) => ({ ...release, retired: now })),
    ],
    removed: [...returning, ...retiring.map(({ version }) => version)],
    read: archive.read,
  });
  const counters = raised(archive.counters, role, leaving);
  return [
    ...made.map((page) => sealedTarget(archivePagePath(product), page)),
    sealedTarget(archivePath(product), seal(encodeArchiveIndex({ product, counters, pages }))),
  ];
}

/** The target paths of releases that leave a role. */
export const isOf =
  (releases: readonly PublishedRelease[]) =>
  (path: string): boolean =>
    releases.some(({ product, version }) => path.startsWith(releaseFolder(product, version)));

/**
 * The archived releases whose bundles are kept no longer. Reads the pages that have any left, where the policy ever lets one go.
 *
 * @param published releases that are live from now on, and that are archived anew
 * @param returning from the archive
 */
export async function retiringReleases(options: {
  readonly archive: Archive;
  readonly role: Targets;
  /** Those that the role is going to list no more. */
  readonly leaving: readonly PublishedRelease[];
  readonly repository: TrustedRepository | undefined;
  readonly policy: BundlePolicy | undefined;
  readonly published: number;
  readonly returning: readonly Version[];
  readonly now: Seconds;
}): Promise<readonly ArchivedRelease[]> {
  const { archive, role, leaving, repository, policy = {}, published, returning, now } = options;
  if (!retiresAny(policy)) return [];
  const kept: ArchivedRelease[] = [];
  for (const page of archive.pages) {
    if (page.retired === page.count) continue;
    kept.push(
      ...(await archive.read(page)).filter(
        ({ version, retired }) => retired === undefined && !returning.includes(version),
      ),
    );
  }
  const order = kept.toSorted((a, b) => b.sequence - a.sequence);
  const place = new Map(order.map((release, index) => [release, published + index]));
  const found = retiring(order, (release) => place.get(release) ?? 0, policy, now);
  const left = isOf(leaving);
  const stays = [...role.targets].filter(([path]) => !left(path));
  return withoutBases(found, stays, archive.product, repository);
}

function archived(
  role: Targets,
  release: PublishedRelease,
  recalls: readonly Recall[],
  now: Seconds,
): ArchivedRelease {
  const { product, version, sequence, time, manifest, security } = release;
  const path = signaturesPath(product, version);
  const signatures = role.targets.get(path);
  if (!signatures) {
    throw new OtaError('target-missing', `the role of ${product} lists ${version} without its signatures`, {
      where: path,
    });
  }
  const { length, sha256 } = signatures;
  const recall = recalls.find((item) => item.version === version);
  return {
    version,
    sequence,
    archived: now,
    time,
    manifest,
    signatures: { length, sha256 },
    ...(security ? { security } : {}),
    ...(recall ? { recalled: { at: recall.at, reason: recall.reason } } : {}),
  };
}

/** Counters only rise: what an archived release had once, a device may still have. */
function raised(
  before: ReadonlyMap<Name, ArchivedCounter>,
  role: Targets,
  leaving: readonly PublishedRelease[],
): ReadonlyMap<Name, ArchivedCounter> {
  const counters = new Map(before);
  for (const release of leaving) {
    for (const [path, { custom }] of role.targets) {
      // Of a release's targets, payloads alone have a counter.
      if (!isOf([release])(path) || custom?.releaseCounter === undefined) continue;
      const { component, releaseCounter: counter } = parsePayloadCustom(custom, path);
      if (counter > (counters.get(component)?.counter ?? -1))
        counters.set(component, { counter, release: release.version });
    }
  }
  return counters;
}
