import { createHash } from 'node:crypto';
import { verified } from './body.ts';
import type { Connection } from './s3-connection.ts';
import { partSize } from './s3-parts.ts';
import type { Body } from './store.ts';

/** A digest that a store made itself of an object that it has. */
interface Said {
  readonly algorithm: 'md5' | 'sha256';
  readonly form: 'hex' | 'base64';
  readonly text: string;
}

/**
 * Judges an object by the digest that the store itself made of it: its SHA-256 checksum, else its ETag, which is an MD5, or that of
 * the MD5s of its parts, where nothing is encrypted with keys of the store's own. The same is made of the bytes here.
 *
 * @param copiedPart bytes of the parts of an object that was copied in parts
 * @returns the ETag of an object that has the bytes of the body; `undefined` for others, and where it cannot be told
 * @throws OtaError `input-changed`; what the client throws
 */
export async function judged(
  { to, from, key, body }: { to: Connection; from: string; key: string; body: Body },
  copiedPart: number,
): Promise<string | undefined> {
  const { ETag, ContentLength, ChecksumSHA256 } = await to.s3.headObject({
    Bucket: to.bucket,
    Key: to.name(from),
    ChecksumMode: 'ENABLED',
  });
  if (ETag === undefined || ContentLength !== body.length) return undefined;
  const said: readonly Said[] = [
    ...(ChecksumSHA256 === undefined
      ? []
      : [{ algorithm: 'sha256', form: 'base64', text: ChecksumSHA256 } as const]),
    { algorithm: 'md5', form: 'hex', text: ETag.replaceAll('"', '') },
  ];
  for (const one of said) {
    const size = partSizeOf(one.text, body.length, copiedPart);
    if (size !== undefined) return (await digestHere(one, size, body, key)) === one.text ? ETag : undefined;
  }
  return undefined;
}

/** Bytes in a part of an object whose digest is this; `Infinity` for one without parts, `undefined` where the parts are not ours. */
function partSizeOf(text: string, length: number, copiedPart: number): number | undefined {
  const count = /-(\d+)$/.exec(text)?.[1];
  if (count === undefined) return Number.POSITIVE_INFINITY;
  return [partSize(length), copiedPart].find((size) => Math.ceil(length / size) === Number(count));
}

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
