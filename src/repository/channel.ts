import type { Digest } from '../core/digest.ts';
import { Cursor } from '../core/json/cursor.ts';
import { parseJson } from '../core/json/parse.ts';
import { printJson } from '../core/json/print.ts';
import { isName, isVersion, type Name, type Version } from '../core/names.ts';
import { digest, digestObject } from './custom.ts';

/** A channel: which of a product's genuine releases its devices are given. */
export interface Channel {
  readonly product: Name;
  readonly channel: Name;
  readonly release: { readonly version: Version; readonly manifest: Digest };
}

const TYPE = 'ota-channel';
const FORMAT = 1;

/** The channel's document, the same bytes for the same channel. */
export const encodeChannel = ({ product, channel, release }: Channel): Uint8Array =>
  printJson({
    _type: TYPE,
    format: FORMAT,
    product,
    channel,
    release: { version: release.version, manifest: digestObject(release.manifest) },
  });

/** Reads a channel's document, which has no fields but ours. @throws OtaError `json-invalid`, `shape-invalid` */
export function parseChannel(bytes: Uint8Array, where: string): Channel {
  const at = new Cursor(parseJson(bytes, where), where).only([
    '_type',
    'format',
    'product',
    'channel',
    'release',
  ]);
  at.field('_type').oneOf([TYPE]);
  at.field('format').integer(FORMAT, FORMAT);
  const release = at.field('release').only(['version', 'manifest']);
  return {
    product: at.field('product').match(isName, 'a name'),
    channel: at.field('channel').match(isName, 'a name'),
    release: {
      version: release.field('version').match(isVersion, 'a version'),
      manifest: digest(release.field('manifest').only(['length', 'sha256'])),
    },
  };
}
