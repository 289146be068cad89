import { createHash } from 'node:crypto';
import type { CompletedPart } from '@aws-sdk/client-s3';
import { sha256 } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { verified } from './body.ts';
import { completeUpload } from './s3-complete.ts';
import type { Connection } from './s3-connection.ts';
import { refusalOf, s3Error } from './s3-errors.ts';
import type { Memory } from './s3-memory.ts';
import { type Part, partSize, sendParts } from './s3-parts.ts';
import { checksumFields, objectFields } from './s3-put.ts';
import { statObject } from './s3-read.ts';
import { abortUploads, findOthers, type StoredPart, type UploadTarget } from './s3-resume.ts';
import { tellSent } from './s3-wire.ts';
import type { Body, ObjectHeaders } from './store.ts';

export interface LargeUpload {
  readonly to: Connection;
  readonly key: string;
  readonly body: Body;
  readonly headers: ObjectHeaders;
  /** Whether the store takes a SHA-256 of each part. */
  readonly checksum: boolean;
  readonly memory: Memory;
  /** Seconds without a new part after which another's upload of the same object is gone on with. */
  readonly idle: number;
}

/**
 * Stores a large object in parts, each with its own checksum, and puts them together only when the digest of the whole is the
 * expected one. What a killed process sent is not sent again: the parts that its upload lists are compared with the digests of the
 * bytes here. Whatever fails, the upload is aborted.
 *
 * @throws OtaError `input-changed`, `store-…`
 */
export async function uploadLarge(upload: LargeUpload): Promise<'created' | 'exists'> {
  try {
    return await attempt(upload);
  } catch (error) {
    if (refusalOf(error) !== 'upload-gone') throw s3Error(error, `${upload.to.url}/${upload.key}`);
  }
  // Someone else aborted it, or stored the object and cleared away all uploads of it.
  if ((await statObject(upload.to, upload.key)) !== undefined) return 'exists';
  return attempt(upload).catch((error: unknown) => {
    throw s3Error(error, `${upload.to.url}/${upload.key}`);
  });
}

async function attempt(upload: LargeUpload): Promise<'created' | 'exists'> {
  const { to, key, body, memory } = upload;
  const own = await start(upload);
  const { others, idle } = await findOthers(to, own, upload.idle);
  const target = idle?.target ?? own;
  try {
    const parts = await sendParts(verified(body, key), partSize(body.length), memory, (part, signal) =>
      send(upload, target, part, idle?.parts.get(part.number), signal),
    );
    const result = await completeUpload(upload, target, parts);
    await abortUploads(
      to,
      [own, ...others].filter(({ UploadId }) => UploadId !== target.UploadId),
    );
    return result;
  } catch (error) {
    await abortUploads(to, [target, ...(target === own ? [] : [own])]);
    throw error;
  }
}

async function start({ to, key, body, headers, checksum }: LargeUpload): Promise<UploadTarget> {
  const where = { Bucket: to.bucket, Key: to.name(key) };
  const { UploadId } = await to.s3.createMultipartUpload({
    ...where,
    ...objectFields(headers, body.sha256),
    ...(checksum ? { ChecksumAlgorithm: 'SHA256' } : {}),
  });
  if (UploadId === undefined) {
    throw new OtaError('store-failed', `${to.url} started an upload without naming it`);
  }
  return { ...where, UploadId };
}

async function send(
  { to, body, checksum }: LargeUpload,
  target: UploadTarget,
  { number, bytes }: Part,
  stored: StoredPart | undefined,
  abortSignal: AbortSignal,
): Promise<CompletedPart> {
  const fields = checksum ? checksumFields(sha256(bytes)) : undefined;
  const completed = (ETag: string | undefined): CompletedPart => ({
    PartNumber: number,
    ...(ETag === undefined ? {} : { ETag }),
    ...(fields === undefined ? {} : { ChecksumSHA256: fields.ChecksumSHA256 }),
  });
  if (stored !== undefined && isSame(stored, bytes, fields?.ChecksumSHA256)) {
    body.sent?.(bytes.length);
    return completed(stored.etag);
  }
  tellSent(bytes, body.sent);
  const { ETag } = await to.s3.uploadPart(
    { ...target, PartNumber: number, Body: bytes, ContentLength: bytes.length, ...fields },
    { abortSignal },
  );
  return completed(ETag);
}

/** Whether a stored part has these bytes, by the digest that the store made of it: a SHA-256, else the MD5 of its ETag. */
function isSame(stored: StoredPart, bytes: Uint8Array, checksum: string | undefined): boolean {
  if (stored.length !== bytes.length) return false;
  if (stored.checksum !== undefined) return stored.checksum === checksum;
  return stored.etag.replaceAll('"', '') === createHash('md5').update(bytes).digest('hex');
}
