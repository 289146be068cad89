import type { ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3';
import { isKey } from './key.ts';
import type { Connection } from './s3-connection.ts';
import { refusalOf, s3Error } from './s3-errors.ts';
import { secondsOf } from './s3-read.ts';
import type { Unfinished } from './store.ts';

/** The multipart uploads below the prefix that were begun and neither completed nor aborted; a page at a time is held. */
export async function* listUploads(to: Connection): AsyncGenerator<Unfinished> {
  let after: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } | undefined = {};
  while (after) {
    const page: ListMultipartUploadsCommandOutput = await to.s3
      .listMultipartUploads({ Bucket: to.bucket, Prefix: to.prefix, ...after })
      .catch((error: unknown) => {
        throw s3Error(error, to.url);
      });
    for (const { Key = '', UploadId, Initiated } of page.Uploads ?? []) {
      const key = Key.slice(to.prefix.length);
      if (UploadId === undefined || !isKey(key)) continue;
      yield { key, started: secondsOf(Initiated), remove: () => abort(to, key, UploadId) };
    }
    after = page.IsTruncated
      ? {
          ...(page.NextKeyMarker === undefined ? {} : { KeyMarker: page.NextKeyMarker }),
          ...(page.NextUploadIdMarker === undefined ? {} : { UploadIdMarker: page.NextUploadIdMarker }),
        }
      : undefined;
  }
}

async function abort(to: Connection, key: string, UploadId: string): Promise<void> {
  try {
    await to.s3.abortMultipartUpload({ Bucket: to.bucket, Key: to.name(key), UploadId });
  } catch (error) {
    if (refusalOf(error) !== 'upload-gone') throw s3Error(error, `${to.url}/${key}`);
  }
}
