import { fromBase64, toBase64 } from '../../core/bytes.ts';
import { Cursor } from '../../core/json/cursor.ts';
import { parseJson } from '../../core/json/parse.ts';
import { printJson } from '../../core/json/print.ts';
import { encodeMediaLayout, isMediaKey, type MediaLayout, parseMediaLayout } from '../layout.ts';

/** What a page knows of the medium that it lies on. */
export interface PageData {
  /** What is on the medium; the page's own entry may be in it or not. */
  readonly layout: MediaLayout;
  /**
   * By key: all metadata that is on the medium, and of its targets those that are documents (channels, recalls, manifests) or notes.
   * The page reads nothing else before files are chosen.
   */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

const TYPE = 'ota-media-page';
const FORMAT = 1;

/** The data as a document that lies in the page, the same bytes for the same medium. */
export const encodePageData = ({ layout, files }: PageData): Uint8Array =>
  printJson({
    _type: TYPE,
    format: FORMAT,
    layout: toBase64(encodeMediaLayout(layout)),
    files: Object.fromEntries(
      [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, bytes]) => [key, toBase64(bytes)]),
    ),
  });

/** Reads what `encodePageData` wrote. @throws OtaError `json-invalid`, `shape-invalid` */
export function parsePageData(bytes: Uint8Array, where = 'the data of this page'): PageData {
  const at = new Cursor(parseJson(bytes, where), where).only(['_type', 'format', 'layout', 'files']);
  at.field('_type').oneOf([TYPE]);
  at.field('format').integer(FORMAT, FORMAT);
  const layout = parseMediaLayout(base64(at.field('layout')), `${where}: layout`);
  const files = at
    .field('files')
    .entries()
    .map(([key, value]): [string, Uint8Array] => [
      isMediaKey(key) ? key : value.fail('stands under a name that no medium has'),
      base64(value),
    ]);
  return { layout, files: new Map(files) };
}

const base64 = (at: Cursor): Uint8Array => fromBase64(at.string()) ?? at.fail('is not base64');
