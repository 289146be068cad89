import { isSha256 } from '../core/digest.ts';
import type { Cursor } from '../core/json/cursor.ts';
import type { Metadata, MetaFile, Snapshot, Timestamp } from './model.ts';
import { isDelegatedName } from './names.ts';
import { parseRole, version } from './parse.ts';

const SUFFIX = '.json';
const MAX_HASHES = 16;

/** Reads a snapshot (TUF 1.0.34, section 4.4). @throws OtaError `role-invalid` */
export const parseSnapshot = (bytes: Uint8Array, where: string): Metadata<Snapshot> =>
  parseRole(bytes, where, 'snapshot', (signed, head) => ({
    type: 'snapshot',
    ...head,
    meta: new Map(
      signed
        .field('meta')
        .entries()
        .map(([file, at]) => [roleOf(file, at), metaFile(at)]),
    ),
  }));

/** Reads a timestamp (section 4.6). @throws OtaError `role-invalid` */
export const parseTimestamp = (bytes: Uint8Array, where: string): Metadata<Timestamp> =>
  parseRole(bytes, where, 'timestamp', (signed, head) => ({
    type: 'timestamp',
    ...head,
    snapshot: metaFile(signed.field('meta').field('snapshot.json')),
  }));

function roleOf(file: string, at: Cursor): string {
  const role = file.endsWith(SUFFIX) ? file.slice(0, -SUFFIX.length) : '';
  return role === 'targets' || isDelegatedName(role) ? role : at.fail('is not the file of a role');
}

function metaFile(at: Cursor): MetaFile {
  const length = at.optional('length');
  const hashes = at.optional('hashes');
  return {
    version: version(at.field('version')),
    ...(length === undefined ? {} : { length: length.integer() }),
    ...(hashes === undefined ? {} : { sha256: sha256Of(hashes) }),
  };
}

/** `hashes` of a file: whatever else is in it, a SHA-256 is. @throws OtaError `shape-invalid` */
export function sha256Of(hashes: Cursor): string {
  hashes.entries(MAX_HASHES);
  return hashes
    .field('sha256')
    .match((text): text is string => isSha256(text), 'a SHA-256 in lower-case hex');
}
