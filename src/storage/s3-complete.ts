import type { CompletedPart } from '@aws-sdk/client-s3';
import type { Digest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Connection } from './s3-connection.ts';
import { refusalOf } from './s3-errors.ts';
import { isStored } from './s3-put.ts';
import { statObject } from './s3-read.ts';
import { abortUploads, type UploadTarget } from './s3-resume.ts';

/**
 * Puts the parts of an upload together. Where the answer is lost or is an error inside a success, the object itself says whether it
 * was stored.
 */
export async function completeUpload(
  { to, key, body }: { readonly to: Connection; readonly key: string; readonly body: Digest },
  target: UploadTarget,
  parts: readonly CompletedPart[],
): Promise<'created' | 'exists'> {
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
      { where: `${to.url}/${key}`, hint: 'Run the same command again.' },
    );
  } catch (error) {
    fault = error;
  }
  const refusal = refusalOf(fault);
  if (await isStored(to, key, body).catch(() => false)) return 'created';
  if (refusal !== 'precondition' && refusal !== 'conflict') throw fault;
  if ((await statObject(to, key)) === undefined) throw fault;
  await abortUploads(to, [target]);
  return 'exists';
}
