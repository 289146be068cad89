import { randomUUID } from 'node:crypto';
import { utf8 } from '../core/bytes.ts';
import { seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { revalidated } from './headers.ts';
import { type Connection, PROBE } from './s3-connection.ts';
import { type Condition, type PutResult, putObject } from './s3-put.ts';

/** What a store was found to do. */
export interface Abilities {
  /** Refuses a second write under `If-None-Match: *`. */
  readonly createOnce: boolean;
  /** How it wants the ETag in `If-Match`: as it was given, or without its quotes (Ceph before 20); `none`: not honoured. */
  readonly ifMatch: 'quoted' | 'bare' | 'none';
  /** Takes `x-amz-checksum-sha256`. */
  readonly checksum: boolean;
}

type Try = (text: string, condition: Condition) => Promise<PutResult | 'unsupported'>;

/** Finds out with four or five small writes what the store does, and removes what it wrote. @throws OtaError `store-…` */
export async function probe(to: Connection): Promise<Abilities> {
  const key = `${PROBE}${randomUUID()}`;
  try {
    const withChecksum = await attempt(to, key, true)('first', {});
    const checksum = withChecksum !== 'unsupported';
    const put = attempt(to, key, checksum);
    const first = checksum ? withChecksum : await put('first', {});
    const second = await put('second', { IfNoneMatch: '*' });
    const etag = etagOf(second) ?? etagOf(first);
    return { checksum, createOnce: isRefused(second), ifMatch: await probeIfMatch(put, etag) };
  } finally {
    await to.s3.deleteObject({ Bucket: to.bucket, Key: to.name(key) }).catch(() => {});
  }
}

async function probeIfMatch(put: Try, etag: string | undefined): Promise<Abilities['ifMatch']> {
  if (etag === undefined) return 'none';
  for (const form of ['quoted', 'bare'] as const) {
    const condition = { IfMatch: inForm(etag, form) };
    const right = await put('third', condition);
    if (right === 'unsupported') return 'none';
    // What was replaced just now is no longer there: a store that honours the header refuses its ETag.
    if (right.stored) return isRefused(await put('fourth', condition)) ? form : 'none';
  }
  return 'none';
}

const etagOf = (result: PutResult | 'unsupported'): string | undefined =>
  result !== 'unsupported' && result.stored ? result.etag : undefined;

export const inForm = (etag: string, form: 'quoted' | 'bare'): string =>
  form === 'bare' ? etag.replaceAll('"', '') : etag;

const isRefused = (result: PutResult | 'unsupported'): boolean => result !== 'unsupported' && !result.stored;

const attempt =
  (to: Connection, key: string, checksum: boolean): Try =>
  async (text, condition) => {
    const content = seal(utf8(`${text}\n`));
    try {
      return await putObject(to, { key, content, headers: revalidated('text/plain'), condition, checksum });
    } catch (error) {
      if (error instanceof OtaError && error.code === 'store-unsafe') return 'unsupported';
      throw error;
    }
  };

/** @throws OtaError `store-unsafe` unless the store refuses second writes */
export function requireSafe({ createOnce, ifMatch }: Abilities, url: string): void {
  if (createOnce && ifMatch !== 'none') return;
  const what = createOnce
    ? 'replaces an object that someone else has replaced'
    : 'accepts a second write of the same object';
  throw new OtaError('store-unsafe', `${url} ${what}, so two publishers could undo each other's work`, {
    where: url,
    hint: 'Use another store. If nobody else ever writes to this one, say so with --single-writer.',
  });
}
