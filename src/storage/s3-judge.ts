import { createHash } from 'node:crypto';
import { verified } from './body.ts';
import type { Connection } from './s3-connection.ts';
import { partSize } from './s3-parts.ts';
import { base64Of } from './s3-put.ts';
import type { Body } from './store.ts';

/** A digest that a store made itself of an object that it has. */
interface Said {
  readonly algorithm: 'md5' | 'sha256';
  readonly form: 'hex' | 'base64';
  readonly text: string;
}

/**
 * Judges an object by the digest that the store itself made of it: its SHA-256 checksum, else its ETag, which is an MD5, or that of
 * the MD5s of its parts, where nothing is encrypted with keys of the store's own. It is compared with what is known of the bytes that it
 * should have; only a digest that is not known is made, by reading them.
 *
 * @returns the ETag of an object that has the bytes of the body; `undefined` for others, and where it cannot be told
 * @throws OtaError `input-changed`; what the client throws
 */
export async function judged({
  to,
  from,
  key,
  body,
}: {
  to: Connection;
  from: string;
  key: string;
  body: Body;
}): Promise<string | undefined> {
  const { ETag, ContentLength, ChecksumSHA256 } = await to.s3.headObject({
    Bucket: to.bucket,
    Key: to.name(from),
    ChecksumMode: 'ENABLED',
  });
  if (ETag === undefined || ContentLength !== body.length) return undefined;
  const etag = ETag.replaceAll('"', '');
  if (etag === body.etag) return ETag;
  const said: Said =
    ChecksumSHA256 === undefined
      ? { algorithm: 'md5', form: 'hex', text: etag }
      : { algorithm: 'sha256', form: 'base64', text: ChecksumSHA256 };
  const expected = await expectedDigest(said, body, key);
  return expected === said.text ? ETag : undefined;
}

/** What the store would say of the bytes; `undefined` where it says it of parts that are not those of an upload. */
async function expectedDigest(said: Said, body: Body, key: string): Promise<string | undefined> {
  const count = partsOf(said.text);
  if (count === 1) {
    if (said.algorithm === 'sha256') return base64Of(body.sha256);
    if (body.etag !== undefined && partsOf(body.etag) === 1) return body.etag;
    return digestHere(said, Number.POSITIVE_INFINITY, body, key);
  }
  const size = partSize(body.length);
  if (Math.ceil(body.length / size) !== count) return undefined;
  return said.algorithm === 'md5' && body.etag !== undefined ? body.etag : digestHere(said, size, body, key);
}

const partsOf = (text: string): number => Number(/-(\d+)$/.exec(text)?.[1] ?? 1);

async function digestHere({ algorithm, form }: Said, size: number, body: Body, key: string): Promise<string> {
  const parts: Buffer[] = [];
  let hash = createHash(algorithm);
  let used = 0;
  for await (const piece of verified(body, key)) {
    for (let at = 0; at < piece.length; ) {
      if (used === size) {
        parts.push(hash.digest());
        hash = createHash(algorithm);
        used = 0;
      }
      const slice = piece.subarray(at, at + Math.min(size - used, piece.length - at));
      hash.update(slice);
      at += slice.length;
      used += slice.length;
    }
  }
  if (size === Number.POSITIVE_INFINITY) return hash.digest(form);
  parts.push(hash.digest());
  return `${createHash(algorithm).update(Buffer.concat(parts)).digest(form)}-${parts.length}`;
}
