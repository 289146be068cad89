import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { isSha256 } from '../core/digest.ts';
import { collect, tooLong } from './body.ts';
import { checkPrefix, isKey } from './key.ts';
import { type Connection, PROBE } from './s3-connection.ts';
import { refusalOf, s3Error } from './s3-errors.ts';
import type { Listed, ReadStore } from './store.ts';

export interface Stat {
  readonly length: number;
  readonly sha256?: string;
  readonly etag?: string;
}

type ObjectBody = AsyncIterable<Uint8Array> & { destroy(): void };

export async function readObject(
  to: Connection,
  key: string,
  maxBytes: number,
): ReturnType<ReadStore['read']> {
  const found = await get(to, key);
  if (found === undefined) return undefined;
  const where = `${to.url}/${key}`;
  const body = found.Body as unknown as ObjectBody;
  if ((found.ContentLength ?? 0) > maxBytes) {
    body.destroy();
    throw tooLong(maxBytes, where);
  }
  const bytes = await collect(guarded(body, where), maxBytes, where);
  return { bytes, token: found.ETag ?? '' };
}

/** The connection is held until the stream is read to its end or left. */
export async function streamObject(to: Connection, key: string): ReturnType<ReadStore['stream']> {
  const found = await get(to, key);
  return found === undefined ? undefined : guarded(found.Body as unknown as ObjectBody, `${to.url}/${key}`);
}

async function* guarded(body: ObjectBody, where: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw s3Error(error, where);
  } finally {
    body.destroy();
  }
}

/** `denied` is what a missing object looks like to someone who may not list the bucket. */
async function get(to: Connection, key: string, range?: string): Promise<GetObjectCommandOutput | undefined> {
  try {
    return await to.s3.getObject({
      Bucket: to.bucket,
      Key: to.name(key),
      ...(range === undefined ? {} : { Range: range }),
    });
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === 'missing' || refusal === 'denied') return undefined;
    throw s3Error(error, `${to.url}/${key}`);
  }
}

export async function statObject(to: Connection, key: string): Promise<Stat | undefined> {
  try {
    const found = await to.s3.headObject({ Bucket: to.bucket, Key: to.name(key) });
    const digest = found.Metadata?.sha256;
    return {
      length: found.ContentLength ?? 0,
      ...(digest !== undefined && isSha256(digest) ? { sha256: digest } : {}),
      ...(found.ETag === undefined ? {} : { etag: found.ETag }),
    };
  } catch (error) {
    if (refusalOf(error) === 'missing') return undefined;
    // The answer to a HEAD has no body and so no reason: the same question by GET gives one.
    const found = await get(to, key, 'bytes=0-0');
    (found?.Body as unknown as ObjectBody | undefined)?.destroy();
    if (found === undefined) return undefined;
    throw s3Error(error, `${to.url}/${key}`);
  }
}

/** A store that does not say when has just written it: nothing is taken for old. */
export const secondsOf = (time: Date | undefined): number =>
  Math.floor((time?.getTime() ?? Date.now()) / 1000);

/** Objects of others below the prefix, whose names no key can have, are passed over. */
export async function* listObjects(to: Connection, prefix: string): AsyncGenerator<Listed> {
  const below = to.prefix + checkPrefix(prefix, to.url);
  let token: string | undefined;
  do {
    const page = await to.s3
      .listObjectsV2({
        Bucket: to.bucket,
        Prefix: below,
        ...(token === undefined ? {} : { ContinuationToken: token }),
      })
      .catch((error: unknown) => {
        throw s3Error(error, to.url);
      });
    for (const { Key, Size, LastModified } of page.Contents ?? []) {
      const key = (Key ?? '').slice(to.prefix.length);
      if (isKey(key) && !key.startsWith(PROBE))
        yield { key, length: Size ?? 0, modified: secondsOf(LastModified) };
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}
