import { DELTA_FORMATS, type DeltaFormat } from '../core/delta-formats.ts';
import { type Digest, isSha256 } from '../core/digest.ts';
import { Cursor } from '../core/json/cursor.ts';
import { parseJson } from '../core/json/parse.ts';
import { printJson } from '../core/json/print.ts';
import type { JsonObject } from '../core/json/value.ts';
import { isName, isVersion, type Name, type Version } from '../core/names.ts';
import { formatTime, parseTime, type Seconds } from '../core/time.ts';
import { isKey } from '../storage/key.ts';

/** Says what is on a medium. Written last: a medium without it is not finished. */
export const MEDIA_FILE = 'ota-media.json';
/** Names what may be on a medium that is being written, so that whoever goes on with it knows what is not needed any more. */
export const BEGUN_FILE = 'ota-media.begun';
/** A page for the technician, and three lines for whoever finds the medium. */
export const PAGE_FILE = 'ota.html';
export const README_FILE = 'README.txt';

/** What is on a medium and for whom (docs/formats/media.md). Nobody signs it: it serves messages and checks, never trust. */
export interface MediaLayout {
  /** When its timestamp was signed. */
  readonly made: Seconds;
  /** Bytes that one file has at most; a longer one lies in parts. */
  readonly parts: number;
  /** One entry for each product, by name. */
  readonly for: readonly MediaFor[];
  /** Every file of it but `ota-media.json`, whole ones where they lie in parts; sorted by key. */
  readonly files: readonly MediaFile[];
}

/** The devices of one product that a medium was made for. */
export interface MediaFor {
  readonly product: Name;
  readonly channels: readonly Name[];
  readonly hardware: readonly Name[];
  /** Releases that they have; none where they may have any or nothing. */
  readonly from: readonly Version[];
  /** Whether all payloads that they may need are on it in full. */
  readonly full: boolean;
  /** Formats of deltas that they read, where not all. */
  readonly formats?: readonly DeltaFormat[];
  /** What each channel gives out. */
  readonly releases: readonly MediaRelease[];
}

export interface MediaRelease {
  readonly channel: Name;
  readonly version: Version;
}

export interface MediaFile extends Digest {
  readonly key: string;
}

const TYPE = 'ota-media';
const FORMAT = 1;
const FIELDS = ['product', 'channels', 'hardware', 'from', 'full', 'formats', 'releases'];

/** The document, the same bytes for the same medium. */
export const encodeMediaLayout = (layout: MediaLayout): Uint8Array =>
  printJson({
    _type: TYPE,
    format: FORMAT,
    made: formatTime(layout.made),
    parts: layout.parts,
    for: layout.for.map(forObject),
    files: layout.files.map(({ key, length, sha256 }) => ({ key, length, sha256 })),
  });

/** Reads the document, which has no fields but ours. @throws OtaError `json-invalid`, `shape-invalid`, `date-invalid` */
export function parseMediaLayout(bytes: Uint8Array, where: string): MediaLayout {
  const at = new Cursor(parseJson(bytes, where), where).only([
    '_type',
    'format',
    'made',
    'parts',
    'for',
    'files',
  ]);
  at.field('_type').oneOf([TYPE]);
  at.field('format').integer(FORMAT, FORMAT);
  const made = at.field('made');
  const list = at.field('for');
  const products = list.array().map(forOf);
  if (products.length === 0) list.fail('has no entries');
  unique(list, products, ({ product }) => product, 'a product');
  const listed = at.field('files');
  const files = listed.array().map(fileOf);
  // A medium may have a file system that does not tell cases apart.
  unique(listed, files, ({ key }) => key.toLowerCase(), 'a file');
  return {
    made: parseTime(made.string(), made.path),
    parts: at.field('parts').integer(1),
    for: products,
    files,
  };
}

const forObject = ({ product, channels, hardware, from, full, formats, releases }: MediaFor): JsonObject => ({
  product,
  channels,
  hardware,
  from,
  full,
  ...(formats === undefined ? {} : { formats }),
  releases: releases.map(({ channel, version }) => ({ channel, version })),
});

function forOf(at: Cursor): MediaFor {
  at.only(FIELDS);
  const formats = at.optional('formats');
  return {
    product: nameAt(at.field('product')),
    channels: at.field('channels').array().map(nameAt),
    hardware: at.field('hardware').array().map(nameAt),
    from: at.field('from').array().map(versionAt),
    full: at.field('full').boolean(),
    ...(formats === undefined ? {} : { formats: formats.array().map((item) => item.oneOf(DELTA_FORMATS)) }),
    releases: at
      .field('releases')
      .array()
      .map((item) => {
        item.only(['channel', 'version']);
        return { channel: nameAt(item.field('channel')), version: versionAt(item.field('version')) };
      }),
  };
}

function fileOf(at: Cursor): MediaFile {
  at.only(['key', 'length', 'sha256']);
  return {
    key: at.field('key').match(isMediaKey, 'the name of a file of a medium'),
    length: at.field('length').integer(),
    sha256: at.field('sha256').match((text): text is string => isSha256(text), 'a SHA-256 in lower-case hex'),
  };
}

/** Whether a medium has files of that name: of a repository, or one of those for people. */
export const isMediaKey = (text: string): text is string =>
  text === PAGE_FILE || text === README_FILE || (/^(?:metadata|targets)\//.test(text) && isKey(text));

const nameAt = (at: Cursor): Name => at.match(isName, 'a name');
const versionAt = (at: Cursor): Version => at.match(isVersion, 'a version');

function unique<T>(at: Cursor, items: readonly T[], by: (item: T) => string, what: string): void {
  if (new Set(items.map(by)).size < items.length) at.fail(`name ${what} twice`);
}
