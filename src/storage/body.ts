import { Hasher, type Sealed, sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Body } from './store.ts';

/** Bytes in memory as a body. */
export const memoryBody = ({ bytes, sha256, length }: Sealed): Body => ({
  sha256,
  length,
  open: async function* () {
    yield bytes;
  },
});

/**
 * The body's bytes, hashed as they pass. What was taken from it may be kept only when the iteration ended without an error.
 *
 * @throws OtaError `input-changed` at the end, or as soon as there are too many bytes
 */
export async function* verified(body: Body, key: string): AsyncGenerator<Uint8Array> {
  const hasher = new Hasher();
  for await (const piece of body.open()) {
    hasher.update(piece);
    if (hasher.length > body.length) throw changed(body, key, `more than ${body.length} bytes`);
    yield piece;
  }
  const found = hasher.digest();
  if (!sameDigest(found, body)) {
    throw changed(body, key, `${found.length} bytes with SHA-256 ${found.sha256}`);
  }
}

/** A stream that gives exactly as many bytes as `buffer` has, in it. */
export async function fill(pieces: AsyncIterable<Uint8Array>, buffer: Uint8Array): Promise<Uint8Array> {
  let used = 0;
  for await (const piece of pieces) {
    buffer.set(piece, used);
    used += piece.length;
  }
  return buffer;
}

const changed = (body: Body, key: string, found: string): OtaError =>
  new OtaError('input-changed', `the source of ${key} changed while it was stored: it gave ${found}`, {
    where: key,
    hint: `It was to have ${body.length} bytes with SHA-256 ${body.sha256}. Let the build end, then start again.`,
  });

/** The whole of a small stream. @throws OtaError `length-mismatch` past `maxBytes` */
export async function collect(
  pieces: AsyncIterable<Uint8Array>,
  maxBytes: number,
  where: string,
): Promise<Uint8Array> {
  const kept: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    length += piece.length;
    if (length > maxBytes) throw tooLong(maxBytes, where);
    kept.push(piece);
  }
  return new Uint8Array(Buffer.concat(kept));
}

export const tooLong = (maxBytes: number, where: string): OtaError =>
  new OtaError('length-mismatch', `${where} has more than ${maxBytes} bytes`, {
    where,
    hint: 'It is not what its repository says, or it was replaced on the way.',
  });
