import { setTimeout as sleep } from 'node:timers/promises';
import { fromHex, toBase64 } from '../core/bytes.ts';
import type { Digest, Sealed } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Connection } from './s3-connection.ts';
import { refusalOf, s3Error, wasRetried } from './s3-errors.ts';
import { statObject } from './s3-read.ts';
import { type Sent, tellSent } from './s3-wire.ts';
import type { ObjectHeaders } from './store.ts';

export type Condition = { readonly IfNoneMatch: '*' } | { readonly IfMatch: string } | Record<string, never>;

export interface Put {
  readonly key: string;
  readonly content: Sealed;
  readonly headers: ObjectHeaders;
  readonly condition: Condition;
  /** Whether the store takes a SHA-256 in a header of its own; the request's signature covers the bytes in any case. */
  readonly checksum: boolean;
  /** As that of a `Body`. */
  readonly sent?: Sent | undefined;
}

export type PutResult =
  | { readonly stored: true; readonly etag: string | undefined }
  /** `retried`: an earlier attempt, whose answer was lost, may have been the one that succeeded. */
  | { readonly stored: false; readonly retried: boolean };

/** How often a 409 is answered by trying again, with 0.1, 0.2, 0.4, 0.8 and 1.6 s between. */
const CONFLICTS = 5;

/** The SHA-256 as S3 writes it. */
export const base64Of = (sha256: string): string => toBase64(fromHex(sha256) ?? new Uint8Array());

export const checksumFields = (sha256: string) =>
  ({ ChecksumAlgorithm: 'SHA256', ChecksumSHA256: base64Of(sha256) }) as const;

/** What is kept beside an object: its own headers, and its digest for whoever asks without reading it. */
export const objectFields = (headers: ObjectHeaders, sha256: string) => ({
  ContentType: headers.contentType,
  CacheControl: headers.cacheControl,
  Metadata: { sha256 },
});

/** One object in one request. @throws OtaError `store-…`; `store-unsafe` for 501, `store-conflict` when 409 does not end */
export async function putObject(to: Connection, put: Put): Promise<PutResult> {
  const { key, content, headers, condition } = put;
  tellSent(content.bytes, put.sent);
  for (let conflicts = 0; ; conflicts += 1) {
    try {
      const { ETag } = await to.s3.putObject({
        Bucket: to.bucket,
        Key: to.name(key),
        Body: content.bytes,
        ContentLength: content.length,
        ...objectFields(headers, content.sha256),
        ...(put.checksum ? checksumFields(content.sha256) : {}),
        ...condition,
      });
      // A success without an ETag is no answer of S3's: an error may be in its body.
      if (ETag !== undefined || (await isStored(to, key, content))) return { stored: true, etag: ETag };
      throw notStored(`${to.url}/${key}`);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === 'precondition' || (refusal === 'missing' && 'IfMatch' in condition)) {
        return { stored: false, retried: conflicts > 0 || wasRetried(error) };
      }
      if (refusal !== 'conflict' || conflicts === CONFLICTS) throw s3Error(error, `${to.url}/${key}`);
      await sleep(100 * 2 ** conflicts * (0.5 + Math.random()));
    }
  }
}

const notStored = (where: string): OtaError =>
  new OtaError('store-failed', `${where} was not stored, though the store reported success`, {
    where,
    hint: 'Run the same command again.',
  });

/** Whether the object is the one with this digest, as far as the store remembers it. */
export async function isStored(to: Connection, key: string, digest: Digest): Promise<boolean> {
  const found = await statObject(to, key);
  return found?.sha256 === digest.sha256 && found.length === digest.length;
}
