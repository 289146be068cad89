import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { OtaError } from '../core/errors.ts';
import type { ReadStore, Store } from './store.ts';

/** What S3 needs besides `s3://bucket/prefix`; the other kinds of store need nothing. */
export interface StoreOptions {
  readonly endpoint?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly pathStyle?: boolean;
  readonly singleWriter?: boolean;
  readonly clockIsRight?: boolean;
}

type Location =
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string }
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'directory'; readonly path: string };

/**
 * Opens a published repository to read: `s3://bucket/prefix`, `http(s)://…`, `file:` or a folder.
 *
 * @throws OtaError `usage-flag`, `store-missing` for a folder that does not exist, `store-refused`
 */
export async function openReadStore(location: string, options: StoreOptions = {}): Promise<ReadStore> {
  const parsed = parseLocation(location);
  if (parsed.kind === 'http') return (await import('./http.ts')).httpStore(parsed.url);
  if (parsed.kind === 'directory' && !(await isFolder(parsed.path))) {
    throw new OtaError('store-missing', `there is no folder ${parsed.path}`, {
      where: parsed.path,
      hint: 'Check the path, or publish a release there first.',
    });
  }
  return openWritable(parsed, options);
}

/**
 * Opens a store to write to: `s3://bucket/prefix`, `file:` or a folder, which need not exist yet.
 *
 * @throws OtaError `usage-flag`, `store-refused`
 */
export async function openStore(location: string, options: StoreOptions = {}): Promise<Store> {
  const parsed = parseLocation(location);
  if (parsed.kind !== 'http') return openWritable(parsed, options);
  throw new OtaError('usage-flag', `${originOf(parsed.url)} can be read from but not written to`, {
    hint: 'Publish to the bucket (s3://bucket/prefix) or the folder that this address serves.',
  });
}

/** The address without what may be secret in it: a user name and password, a path, a query. */
const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : 'an http address');

/** Each kind is loaded only when it is used: the S3 client is large. */
async function openWritable(
  location: Exclude<Location, { readonly kind: 'http' }>,
  options: StoreOptions,
): Promise<Store> {
  if (location.kind === 'directory')
    return (await import('./directory.ts')).directoryStore(location.path, options);
  const { bucket, prefix } = location;
  return (await import('./s3.ts')).s3Store({ ...options, bucket, prefix });
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

function parseLocation(location: string): Location {
  // A scheme has two letters or more: `C:\store` is a path.
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(location)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    if (location !== '') return { kind: 'directory', path: location };
    throw bad('the store is empty');
  }
  if (scheme === 's3') {
    const match = /^s3:\/\/([^/?#@]+)(?:\/([^?#]*))?$/i.exec(location);
    if (match === null) throw bad('the store is not of the form s3://bucket/prefix');
    return { kind: 's3', bucket: match[1] ?? '', prefix: match[2] ?? '' };
  }
  if (scheme === 'http' || scheme === 'https') return { kind: 'http', url: location };
  if (scheme === 'file') return { kind: 'directory', path: filePath(location) };
  throw bad(`there is no kind of store for ${scheme}:`);
}

function filePath(location: string): string {
  try {
    return fileURLToPath(location);
  } catch (cause) {
    throw bad('the file: address is not that of a folder on this machine', cause);
  }
}

const bad = (message: string, cause?: unknown): OtaError =>
  new OtaError('usage-flag', message, {
    hint: 'Use s3://bucket/prefix, an https:// address (to read only), a file: address or the path of a folder.',
    ...(cause === undefined ? {} : { cause }),
  });
