import type { Connection } from './s3-connection.ts';

/** An upload in parts that has begun and not ended. */
export interface UploadTarget {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string;
}

/** A part that the store has, as far as it says what is in it. */
export interface StoredPart {
  readonly length: number;
  /** An MD5, where the store does not encrypt with keys of its own. */
  readonly etag: string;
  readonly checksum?: string;
}

export interface OtherUploads {
  /** Those of an object that had been begun before, the last first. */
  readonly others: readonly UploadTarget[];
  /** One of `others` that nobody seems to be at work on. */
  readonly idle?: { readonly target: UploadTarget; readonly parts: ReadonlyMap<number, StoredPart> };
}

/**
 * Finds the other uploads of an object. The store's clock alone decides how long one has been idle: `own` was begun just now.
 * Not being allowed to look is no reason to fail.
 *
 * @param idle seconds without a new part after which an upload counts as left behind
 */
export async function findOthers(to: Connection, own: UploadTarget, idle: number): Promise<OtherUploads> {
  const { Bucket, Key } = own;
  try {
    const { Uploads = [] } = await to.s3.listMultipartUploads({ Bucket, Prefix: Key });
    const found = Uploads.flatMap(({ Key: key, UploadId, Initiated }) =>
      key === Key && UploadId !== undefined ? [{ UploadId, begun: Initiated?.getTime() ?? 0 }] : [],
    ).sort((a, b) => b.begun - a.begun);
    const now = found.find(({ UploadId }) => UploadId === own.UploadId)?.begun;
    const rest = found.filter(({ UploadId }) => UploadId !== own.UploadId);
    const others = rest.map(({ UploadId }) => ({ Bucket, Key, UploadId }));
    for (const { UploadId, begun } of now === undefined ? [] : rest) {
      const target = { Bucket, Key, UploadId };
      const { parts, last } = await storedParts(to, target);
      if (parts.size > 0 && Math.max(begun, last) <= (now ?? 0) - idle * 1000) {
        return { others, idle: { target, parts } };
      }
    }
    return { others };
  } catch {
    return { others: [] };
  }
}

async function storedParts(
  to: Connection,
  target: UploadTarget,
): Promise<{ readonly parts: ReadonlyMap<number, StoredPart>; readonly last: number }> {
  const parts = new Map<number, StoredPart>();
  let last = 0;
  let marker: string | undefined;
  do {
    const page = await to.s3.listParts({
      ...target,
      ...(marker === undefined ? {} : { PartNumberMarker: marker }),
    });
    for (const { PartNumber, Size, ETag, ChecksumSHA256, LastModified } of page.Parts ?? []) {
      if (PartNumber === undefined || ETag === undefined) continue;
      parts.set(PartNumber, {
        length: Size ?? 0,
        etag: ETag,
        ...(ChecksumSHA256 === undefined ? {} : { checksum: ChecksumSHA256 }),
      });
      last = Math.max(last, LastModified?.getTime() ?? 0);
    }
    marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
  } while (marker !== undefined);
  return { parts, last };
}

/** Ends uploads without an object. That one is gone, or that it may not be done, is no reason to fail. */
export async function abortUploads(to: Connection, targets: readonly UploadTarget[]): Promise<void> {
  // Buckets commonly have a rule that ends uploads after some days; the documentation advises one.
  for (const target of targets) await to.s3.abortMultipartUpload(target).catch(() => {});
}

/** Ends every upload of an object that is stored, so that nothing of a killed process is kept and paid for. */
export async function abortAll(to: Connection, key: string): Promise<void> {
  const own = { Bucket: to.bucket, Key: to.name(key), UploadId: '' };
  await abortUploads(to, (await findOthers(to, own, 0)).others);
}
