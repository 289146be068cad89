import type { CompletedPart } from '@aws-sdk/client-s3';
import { sha256 } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { verified } from './body.ts';
import type { Connection } from './s3-connection.ts';
import { refusalOf, s3Error } from './s3-errors.ts';
import { type Part, partSize, sendParts } from './s3-parts.ts';
import { checksumFields, isStored, objectFields } from './s3-put.ts';
import { statObject } from './s3-read.ts';
import type { Body, ObjectHeaders } from './store.ts';

interface Upload {
  readonly to: Connection;
  readonly key: string;
  readonly body: Body;
  readonly checksum: boolean;
  readonly target: { readonly Bucket: string; readonly Key: string; readonly UploadId: string };
}

/**
 * Stores a large object in parts, each with its own checksum, and puts them together only when the digest of the whole is the
 * expected one. Whatever fails, the upload is aborted; what a killed process left is aborted by the next that stores the key.
 *
 * @throws OtaError `input-changed`, `store-…`
 */
export async function uploadLarge(
  to: Connection,
  key: string,
  body: Body,
  headers: ObjectHeaders,
  checksum: boolean,
): Promise<'created' | 'exists'> {
  const upload: Upload = { to, key, body, checksum, target: await start(to, key, body, headers, checksum) };
  try {
    const parts = await sendParts(verified(body, key), partSize(body.length), (part, signal) =>
      send(upload, part, signal),
    );
    const result = await complete(upload, parts);
    await abortOthers(to, key);
    return result;
  } catch (error) {
    await to.s3.abortMultipartUpload(upload.target).catch(() => {});
    // Someone else stored the object and cleared away all uploads of it.
    if (refusalOf(error) === 'upload-gone' && (await statObject(to, key)) !== undefined) return 'exists';
    throw s3Error(error, `${to.url}/${key}`);
  }
}

async function start(
  to: Connection,
  key: string,
  body: Body,
  headers: ObjectHeaders,
  checksum: boolean,
): Promise<Upload['target']> {
  const where = { Bucket: to.bucket, Key: to.name(key) };
  try {
    const { UploadId } = await to.s3.createMultipartUpload({
      ...where,
      ...objectFields(headers, body.sha256),
      ...(checksum ? { ChecksumAlgorithm: 'SHA256' } : {}),
    });
    if (UploadId === undefined)
      throw new OtaError('store-failed', `${to.url} started an upload without naming it`);
    return { ...where, UploadId };
  } catch (error) {
    throw s3Error(error, `${to.url}/${key}`);
  }
}

async function send(
  { to, target, checksum }: Upload,
  part: Part,
  abortSignal: AbortSignal,
): Promise<CompletedPart> {
  const fields = checksum ? checksumFields(sha256(part.bytes)) : undefined;
  const { ETag } = await to.s3.uploadPart(
    { ...target, PartNumber: part.number, Body: part.bytes, ContentLength: part.bytes.length, ...fields },
    { abortSignal },
  );
  return {
    PartNumber: part.number,
    ...(ETag === undefined ? {} : { ETag }),
    ...(fields === undefined ? {} : { ChecksumSHA256: fields.ChecksumSHA256 }),
  };
}

/** Where the answer is lost or is an error inside a success, the object itself says whether it was stored. */
async function complete(upload: Upload, parts: readonly CompletedPart[]): Promise<'created' | 'exists'> {
  const { to, key, body, target } = upload;
  const request = { ...target, MultipartUpload: { Parts: [...parts] } };
  let fault: unknown;
  try {
    const { ETag } = await to.s3
      .completeMultipartUpload({ ...request, IfNoneMatch: '*' })
      .catch((error: unknown) => {
        if (refusalOf(error) !== 'unsupported') throw error;
        return to.s3.completeMultipartUpload(request);
      });
    if (ETag !== undefined) return 'created';
    fault = new OtaError(
      'store-failed',
      `${to.url}/${key} was not put together, though the store reported success`,
      {
        where: `${to.url}/${key}`,
        hint: 'Run the same command again.',
      },
    );
  } catch (error) {
    fault = error;
  }
  const refusal = refusalOf(fault);
  if (await isStored(to, key, body).catch(() => false)) return 'created';
  if (refusal !== 'precondition' && refusal !== 'conflict') throw fault;
  if ((await statObject(to, key)) === undefined) throw fault;
  await to.s3.abortMultipartUpload(target).catch(() => {});
  return 'exists';
}

/**
 * Aborts every other upload of an object that is stored, so that nothing of a killed process is kept and paid for. Not being
 * allowed to is no reason to fail.
 */
export async function abortOthers(to: Connection, key: string): Promise<void> {
  const Bucket = to.bucket;
  const Key = to.name(key);
  try {
    const { Uploads = [] } = await to.s3.listMultipartUploads({ Bucket, Prefix: Key });
    for (const upload of Uploads) {
      if (upload.Key !== Key || upload.UploadId === undefined) continue;
      await to.s3.abortMultipartUpload({ Bucket, Key, UploadId: upload.UploadId });
    }
  } catch {
    // Buckets commonly have a rule that ends uploads after some days; the documentation advises one.
  }
}
