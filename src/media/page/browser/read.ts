import { type Digest, Hasher } from '../../../core/digest.ts';

/** Bytes that are read at once; in between the page answers. */
const PIECE = 4 * 2 ** 20;

/** Thrown by a reading that was given up for another. */
export class Stopped extends Error {}

/**
 * The SHA-256 and length of files as if they were joined, without holding them.
 *
 * @param read told how many bytes more were read
 * @throws Stopped once `signal` is aborted; a `DOMException` for a file that cannot be read
 */
export async function digestOf(
  files: readonly File[],
  read: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Digest> {
  const hasher = new Hasher();
  for (const file of files) {
    for (let at = 0; at < file.size; at += PIECE) {
      const piece = await bytesOf(file.slice(at, at + PIECE));
      if (signal.aborted) throw new Stopped();
      hasher.update(piece);
      read(piece.length);
    }
  }
  return hasher.digest();
}

export const bytesOf = async (blob: Blob): Promise<Uint8Array> => new Uint8Array(await blob.arrayBuffer());
