import { type Sealed, seal } from '../core/digest.ts';
import type { Name, Version } from '../core/names.ts';
import {
  type ArchivedRelease,
  type ArchiveIndex,
  type ArchivePageRef,
  archiveOrder,
  encodeArchivePage,
} from '../repository/archive.ts';

/** Releases on a page at most: some 30 KiB, so that archiving one release writes that and not the whole list. */
export const PAGE_RELEASES = 64;

/** The page that holds a version if any does. */
export const pageOf = (
  { pages }: Pick<ArchiveIndex, 'pages'>,
  version: Version,
): ArchivePageRef | undefined =>
  pages.find(({ first, last }) => archiveOrder(first, version) <= 0 && archiveOrder(version, last) <= 0);

/** Reads the releases on a page. */
export type ReadPage = (page: ArchivePageRef) => Promise<readonly ArchivedRelease[]>;

/**
 * Puts releases into the pages, and takes others out. Only the pages that change are read, and made anew; the others stay in the
 * store as they are.
 *
 * @returns all pages in their order, and the bytes of the new ones
 */
export async function changePages(options: {
  readonly product: Name;
  readonly pages: readonly ArchivePageRef[];
  readonly added: readonly ArchivedRelease[];
  readonly removed: readonly Version[];
  readonly read: ReadPage;
}): Promise<{ readonly pages: readonly ArchivePageRef[]; readonly made: readonly Sealed[] }> {
  const { product, added, removed, read } = options;
  const result: ArchivePageRef[] = [];
  const made: Sealed[] = [];
  // Each page takes what lies before the next one starts, the first also what lies before itself.
  const shelves = options.pages.length === 0 ? [undefined] : options.pages;
  for (const [index, page] of shelves.entries()) {
    const next = shelves[index + 1];
    const belongs = (version: Version) =>
      (index === 0 || archiveOrder(version, page?.first ?? version) >= 0) &&
      (next === undefined || archiveOrder(version, next.first) < 0);
    const gained = added.filter(({ version }) => belongs(version));
    const lost = removed.filter(belongs);
    if (page && gained.length + lost.length === 0) {
      result.push(page);
      continue;
    }
    const before = page ? await read(page) : [];
    const after = [...before.filter(({ version }) => !lost.includes(version)), ...gained].sort((a, b) =>
      archiveOrder(a.version, b.version),
    );
    for (const releases of split(after, next === undefined)) {
      const sealed = seal(encodeArchivePage(product, releases));
      made.push(sealed);
      result.push(refOf(releases, sealed));
    }
  }
  return { pages: result, made };
}

/**
 * Versions mostly rise, so the last page is filled up before another is begun; one in the middle is halved, so that more fit
 * into it later.
 */
function split(releases: readonly ArchivedRelease[], last: boolean): readonly (readonly ArchivedRelease[])[] {
  const pages = Math.ceil(releases.length / PAGE_RELEASES);
  const size = last ? PAGE_RELEASES : Math.ceil(releases.length / Math.max(1, pages));
  return Array.from({ length: pages }, (_, page) => releases.slice(page * size, (page + 1) * size));
}

function refOf(releases: readonly ArchivedRelease[], { length, sha256 }: Sealed): ArchivePageRef {
  const [first, last] = [releases[0], releases.at(-1)];
  if (!first || !last) throw new TypeError('a page without releases');
  const retired = releases.filter((release) => release.retired !== undefined).length;
  return {
    first: first.version,
    last: last.version,
    count: releases.length,
    ...(retired === 0 ? {} : { retired }),
    length,
    sha256,
  };
}
