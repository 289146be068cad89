import type { Digest } from '../core/digest.ts';
import { Cursor } from '../core/json/cursor.ts';
import { parseJson } from '../core/json/parse.ts';
import { printJson } from '../core/json/print.ts';
import type { JsonObject } from '../core/json/value.ts';
import { isName, isVersion, type Name, type Version } from '../core/names.ts';
import { printable } from '../core/printable.ts';
import { formatTime, parseTime, type Seconds } from '../core/time.ts';
import { digest, digestObject } from './custom.ts';

/** When a release was recalled, and why. */
export interface RecallMark {
  readonly at: Seconds;
  /** 1 to 500 characters that show, on one line. */
  readonly reason: string;
}

/** A release that no device is given any more unless it has it. */
export interface Recall extends RecallMark {
  readonly version: Version;
  readonly manifest: Digest;
  /** The release that took its place; absent where devices stay at what they have. */
  readonly to?: Version;
}

/** All releases of a product that were recalled, in the order in which they were. */
export interface Recalls {
  readonly product: Name;
  readonly recalls: readonly Recall[];
}

const TYPE = 'ota-recalls';
const FORMAT = 1;
const MAX_RECALLS = 1_000;
const MAX_REASON = 500;

/** What a reason may be: something, on one line, without characters that move the cursor or turn the text around. */
export const isReason = (text: string): text is string =>
  text.trim() === text && text.length >= 1 && text.length <= MAX_REASON && printable(text) === text;

/** The document, the same bytes for the same recalls. */
export const encodeRecalls = ({ product, recalls }: Recalls): Uint8Array =>
  printJson({
    _type: TYPE,
    format: FORMAT,
    product,
    recalls: recalls.map(({ version, manifest, to, ...mark }) => ({
      version,
      manifest: digestObject(manifest),
      ...markObject(mark),
      ...(to === undefined ? {} : { to }),
    })),
  });

/** Reads the document, which has no fields but ours. @throws OtaError `json-invalid`, `shape-invalid` */
export function parseRecalls(bytes: Uint8Array, where: string): Recalls {
  const at = new Cursor(parseJson(bytes, where), where).only(['_type', 'format', 'product', 'recalls']);
  at.field('_type').oneOf([TYPE]);
  at.field('format').integer(FORMAT, FORMAT);
  const list = at.field('recalls');
  const recalls = list.array(MAX_RECALLS).map(recall);
  if (new Set(recalls.map(({ version }) => version)).size < recalls.length) list.fail('name a release twice');
  return { product: at.field('product').match(isName, 'a name'), recalls };
}

/** A mark as a part of a document. */
export const markObject = ({ at, reason }: RecallMark): JsonObject => ({ at: formatTime(at), reason });

/** Reads a mark; whoever calls has looked for fields that are not ours. @throws OtaError `shape-invalid` */
export function markOf(cursor: Cursor): RecallMark {
  const at = cursor.field('at');
  return {
    at: parseTime(at.string(), at.path),
    reason: cursor.field('reason').match(isReason, `a line of 1 to ${MAX_REASON} characters`),
  };
}

function recall(at: Cursor): Recall {
  at.only(['version', 'manifest', 'at', 'reason', 'to']);
  const to = at.optional('to')?.match(isVersion, 'a version');
  return {
    version: at.field('version').match(isVersion, 'a version'),
    manifest: digest(at.field('manifest').only(['length', 'sha256'])),
    ...markOf(at),
    ...(to === undefined ? {} : { to }),
  };
}
