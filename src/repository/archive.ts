import type { Digest } from '../core/digest.ts';
import { Cursor } from '../core/json/cursor.ts';
import { parseJson } from '../core/json/parse.ts';
import { printJson } from '../core/json/print.ts';
import { isName, isVersion, type Name, type Version } from '../core/names.ts';
import { formatTime, parseTime, type Seconds } from '../core/time.ts';
import { digest, digestObject } from './custom.ts';
import { markObject, markOf, type RecallMark } from './recalls.ts';

/** The releases of a product that its role no longer lists: counters for the publisher, and pages of releases. */
export interface ArchiveIndex {
  readonly product: Name;
  /** For each component that an archived release had, the highest counter of all of them. */
  readonly counters: ReadonlyMap<Name, ArchivedCounter>;
  /** In the order of the versions that they hold, by `archiveOrder`; no two overlap. */
  readonly pages: readonly ArchivePageRef[];
}

export interface ArchivedCounter {
  readonly counter: number;
  /** A release that has it. */
  readonly release: Version;
}

/** A page: where its versions start and end, and the digest that it is stored under. */
export interface ArchivePageRef extends Digest {
  readonly first: Version;
  readonly last: Version;
  /** Releases on it. */
  readonly count: number;
  /** How many of them are retired; absent where none is. */
  readonly retired?: number;
}

/** All that it takes to find an archived release again, and to make its bundle anew. */
export interface ArchivedRelease {
  readonly version: Version;
  /** The version of the product's role that first listed it. */
  readonly sequence: number;
  /** When it left the product's role. */
  readonly archived: Seconds;
  /** The time of the entries of its bundle. */
  readonly time: Seconds;
  readonly manifest: Digest;
  readonly signatures: Digest;
  /** It raised a security counter when it was published. */
  readonly security?: true;
  /** Since when its bundle need not be kept: its manifest and signatures still tell what it was. */
  readonly retired?: Seconds;
  /** Absent for one that was not recalled before it was archived. */
  readonly recalled?: RecallMark;
}

const INDEX_TYPE = 'ota-archive';
const PAGE_TYPE = 'ota-archive-page';
const FORMAT = 1;
const MAX_COMPONENTS = 10_000;
const MAX_PAGES = 100_000;
const MAX_RELEASES = 1_000;

/** Compares versions as the pages are ordered: by code unit, case folded. No two releases of a product are equal in it. */
export function archiveOrder(a: Version, b: Version): number {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The index as a document, the same bytes for the same archive. */
export const encodeArchiveIndex = ({ product, counters, pages }: ArchiveIndex): Uint8Array =>
  printJson({
    _type: INDEX_TYPE,
    format: FORMAT,
    product,
    counters: Object.fromEntries(
      [...counters].map(([component, { counter, release }]) => [component, { counter, release }]),
    ),
    pages: pages.map(({ first, last, count, retired, ...page }) => ({
      first,
      last,
      count,
      ...(retired === undefined ? {} : { retired }),
      ...digestObject(page),
    })),
  });

export const encodeArchivePage = (product: Name, releases: readonly ArchivedRelease[]): Uint8Array =>
  printJson({
    _type: PAGE_TYPE,
    format: FORMAT,
    product,
    releases: releases.map(
      ({ version, sequence, archived, time, manifest, signatures, security, retired, recalled }) => ({
        version,
        sequence,
        archived: formatTime(archived),
        time,
        manifest: digestObject(manifest),
        signatures: digestObject(signatures),
        ...(security === undefined ? {} : { security }),
        ...(retired === undefined ? {} : { retired: formatTime(retired) }),
        ...(recalled === undefined ? {} : { recalled: markObject(recalled) }),
      }),
    ),
  });

/** Reads an index, which has no fields but ours. @throws OtaError `json-invalid`, `shape-invalid` */
export function parseArchiveIndex(bytes: Uint8Array, where: string): ArchiveIndex {
  const at = document(bytes, where, INDEX_TYPE, ['counters', 'pages']);
  return {
    product: at.field('product').match(isName, 'a name'),
    counters: new Map(
      at
        .field('counters')
        .entries(MAX_COMPONENTS)
        .map(([component, item]) => [nameOf(component, item), counter(item.only(['counter', 'release']))]),
    ),
    pages: ordered(
      at.field('pages').array(MAX_PAGES).map(pageRef),
      (a, b) => archiveOrder(a.last, b.first) < 0,
      at.field('pages'),
    ),
  };
}

/** Reads a page, which has no fields but ours. @throws OtaError `json-invalid`, `shape-invalid` */
export function parseArchivePage(bytes: Uint8Array, where: string): readonly ArchivedRelease[] {
  const releases = document(bytes, where, PAGE_TYPE, ['releases']).field('releases');
  return ordered(
    releases.array(MAX_RELEASES).map(release),
    (a, b) => archiveOrder(a.version, b.version) < 0,
    releases,
  );
}

function document(bytes: Uint8Array, where: string, type: string, fields: readonly string[]): Cursor {
  const at = new Cursor(parseJson(bytes, where), where).only(['_type', 'format', 'product', ...fields]);
  at.field('_type').oneOf([type]);
  at.field('format').integer(FORMAT, FORMAT);
  return at;
}

const counter = (at: Cursor): ArchivedCounter => ({
  counter: at.field('counter').integer(),
  release: version(at.field('release')),
});

function pageRef(at: Cursor): ArchivePageRef {
  at.only(['first', 'last', 'count', 'retired', 'length', 'sha256']);
  const retired = at.optional('retired')?.integer(1, MAX_RELEASES);
  const page = {
    first: version(at.field('first')),
    last: version(at.field('last')),
    count: at.field('count').integer(1, MAX_RELEASES),
    ...(retired === undefined ? {} : { retired }),
    ...digest(at),
  };
  return archiveOrder(page.first, page.last) <= 0 ? page : at.fail('ends before it starts');
}

function release(at: Cursor): ArchivedRelease {
  at.only([
    'version',
    'sequence',
    'archived',
    'time',
    'manifest',
    'signatures',
    'security',
    'retired',
    'recalled',
  ]);
  const archived = at.field('archived');
  const retired = at.optional('retired');
  const recalled = at.optional('recalled')?.only(['at', 'reason']);
  return {
    version: version(at.field('version')),
    sequence: at.field('sequence').integer(1),
    archived: parseTime(archived.string(), archived.path),
    time: at.field('time').integer(),
    manifest: digest(at.field('manifest').only(['length', 'sha256'])),
    signatures: digest(at.field('signatures').only(['length', 'sha256'])),
    ...(isSecurity(at) ? { security: true as const } : {}),
    ...(retired === undefined ? {} : { retired: parseTime(retired.string(), retired.path) }),
    ...(recalled === undefined ? {} : { recalled: markOf(recalled) }),
  };
}

function isSecurity(at: Cursor): boolean {
  const security = at.optional('security');
  return security !== undefined && (security.boolean() || security.fail('must be true, or left out'));
}

function ordered<T>(items: readonly T[], before: (a: T, b: T) => boolean, at: Cursor): readonly T[] {
  for (const [index, item] of items.entries()) {
    const next = items[index + 1];
    if (next !== undefined && !before(item, next)) at.fail('is not in order');
  }
  return items;
}

const version = (at: Cursor): Version => at.match(isVersion, 'a version');

const nameOf = (text: string, at: Cursor): Name =>
  isName(text) ? text : at.fail('is not that of a component');
