import { isSha256, isSha512 } from '../core/digest.ts';
import type { Cursor } from '../core/json/cursor.ts';
import { parseTime } from '../core/time.ts';
import { MADE_FIELD, type Metadata, type MetaFile, type Snapshot, type Timestamp } from './model.ts';
import { isRoleName } from './names.ts';
import { parseRole, part, version } from './parse.ts';

const SUFFIX = '.json';
const MAX_HASHES = 16;

/** Reads a snapshot (TUF 1.0.34, section 4.4). @throws OtaError as `parseRole` */
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

/** Reads a timestamp (section 4.6). @throws OtaError as `parseRole` */
export const parseTimestamp = (bytes: Uint8Array, where: string): Metadata<Timestamp> =>
  parseRole(bytes, where, 'timestamp', (signed, head) => {
    const made = signed.optional(MADE_FIELD);
    return {
      type: 'timestamp',
      ...head,
      snapshot: metaFile(signed.field('meta').field('snapshot.json')),
      ...(made === undefined ? {} : { made: part('role-date', () => parseTime(made.string(), made.path)) }),
    };
  });

function roleOf(file: string, at: Cursor): string {
  const role = file.endsWith(SUFFIX) ? file.slice(0, -SUFFIX.length) : '';
  // Earlier versions of the specification list the root; it is not looked up here.
  if (role === 'targets' || role === 'root' || isRoleName(role)) return role;
  return part('role-name', () => at.fail('is not the file of a role'));
}

function metaFile(at: Cursor): MetaFile {
  const length = at.optional('length');
  const hashes = at.optional('hashes');
  return {
    version: version(at.field('version')),
    ...(length === undefined ? {} : { length: length.integer() }),
    ...(hashes === undefined ? {} : part('target-hash', () => strongHash(hashes))),
  };
}

/**
 * `hashes` of a file: its SHA-256, or its SHA-512 where that is all there is. Others may stand beside it and are not used.
 *
 * @throws OtaError `shape-invalid`
 */
export function strongHash(hashes: Cursor): { readonly sha256: string } | { readonly sha512: string } {
  hashes.entries(MAX_HASHES);
  const sha512 = hashes.optional('sha512');
  if (sha512 !== undefined && hashes.optional('sha256') === undefined) {
    return { sha512: sha512.match((text): text is string => isSha512(text), 'a SHA-512 in lower-case hex') };
  }
  const sha256 = hashes.field('sha256');
  return { sha256: sha256.match((text): text is string => isSha256(text), 'a SHA-256 in lower-case hex') };
}
