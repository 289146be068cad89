import { OtaError } from '../core/errors.ts';
import { inParallel } from '../core/parallel.ts';
import { completeUpload } from './s3-complete.ts';
import type { Connection } from './s3-connection.ts';
import { refusalOf, s3Error } from './s3-errors.ts';
import { judged } from './s3-judge.ts';
import { partSize } from './s3-parts.ts';
import { isStored, objectFields } from './s3-put.ts';
import { abortUploads } from './s3-resume.ts';
import type { Body, ObjectHeaders } from './store.ts';

const GIB = 2 ** 30;
/** Bytes that one request may copy. */
const LIMIT = 5 * GIB;
const WIDTH = 8;

interface Copy {
  readonly to: Connection;
  readonly from: string;
  readonly key: string;
  readonly body: Body;
  readonly headers: ObjectHeaders;
}

/**
 * Copies an object inside the store when the store's own digest of it is that of the bytes of the body: its SHA-256 checksum, or its
 * ETag, an MD5 or an MD5 of those of its parts. Our own note beside the object is no proof, since whoever can write the object can
 * write that too. What is copied is the object that was judged, or nothing. A copy in parts has those of an upload, and so its ETag.
 *
 * @param limit bytes that one request may copy
 * @throws OtaError `input-changed`, `store-…`
 */
export async function copyObject(copy: Copy, limit = LIMIT): Promise<'created' | 'unfit'> {
  const { to, from, key, body } = copy;
  try {
    const etag = await judged(copy);
    if (etag === undefined) return 'unfit';
    const source = {
      CopySource: `${to.bucket}/${encodeURIComponent(to.name(from)).replaceAll('%2F', '/')}`,
      CopySourceIfMatch: etag,
    };
    if (body.length > limit) await copyInParts(copy, source, partSize(body.length));
    else {
      await to.s3.copyObject({
        Bucket: to.bucket,
        Key: to.name(key),
        ...source,
        MetadataDirective: 'REPLACE',
        ...objectFields(copy.headers, body.sha256),
      });
    }
  } catch (error) {
    const refusal = refusalOf(error);
    // It has changed or gone meanwhile, or the store does not copy.
    if (refusal === 'precondition' || refusal === 'missing' || refusal === 'unsupported') return 'unfit';
    if (!(await isStored(to, key, body).catch(() => false))) throw s3Error(error, `${to.url}/${key}`);
  }
  return 'created';
}

async function copyInParts(
  { to, key, body, headers }: Copy,
  source: { readonly CopySource: string; readonly CopySourceIfMatch: string },
  size: number,
): Promise<void> {
  const where = { Bucket: to.bucket, Key: to.name(key) };
  const { UploadId } = await to.s3.createMultipartUpload({ ...where, ...objectFields(headers, body.sha256) });
  if (UploadId === undefined)
    throw new OtaError('store-failed', `${to.url} started an upload without naming it`);
  const target = { ...where, UploadId };
  const count = Math.ceil(body.length / size);
  const etags: string[] = [];
  try {
    await inParallel(Array.from({ length: count }).keys(), WIDTH, async (index) => {
      const last = Math.min((index + 1) * size, body.length) - 1;
      const { CopyPartResult } = await to.s3.uploadPartCopy({
        ...target,
        ...source,
        PartNumber: index + 1,
        CopySourceRange: `bytes=${index * size}-${last}`,
      });
      etags[index] = CopyPartResult?.ETag ?? '';
    });
    const parts = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
    await completeUpload({ to, key, body }, target, parts);
  } catch (error) {
    await abortUploads(to, [target]);
    throw error;
  }
}
