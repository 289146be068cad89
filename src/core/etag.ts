import { createHash } from 'node:crypto';

const MIB = 2 ** 20;
/** Bytes from which an object goes to an S3 store in parts; smaller ones go in one request. */
export const LARGE = 16 * MIB;
/** Bytes in a part, but for the last. With eight of them on their way at once, Ceph takes as much as it can. */
export const PART = 8 * MIB;

export const isEtag = (text: string): boolean => /^[0-9a-f]{32}(-[1-9]\d{0,4})?$/.test(text);

/**
 * What an S3 store says of bytes that were sent to it as this program sends them, unless it encrypts them with keys of its own: their
 * MD5 in lower-case hex; from 16 MiB on the MD5 of the MD5s of their parts of 8 MiB, then `-` and how many there are.
 */
export class EtagHasher {
  readonly #parts: Buffer[] = [];
  #whole: ReturnType<typeof createHash> | undefined = createHash('md5');
  #part = createHash('md5');
  #used = 0;
  #length = 0;

  update(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (this.#length < LARGE) this.#whole?.update(bytes);
    else this.#whole = undefined;
    for (let at = 0; at < bytes.length; ) {
      if (this.#used === PART) this.#endPart();
      const piece = bytes.subarray(at, at + PART - this.#used);
      this.#part.update(piece);
      this.#used += piece.length;
      at += piece.length;
    }
  }

  /** Call once. */
  etag(): string {
    if (this.#whole !== undefined) return this.#whole.digest('hex');
    this.#endPart();
    return `${createHash('md5').update(Buffer.concat(this.#parts)).digest('hex')}-${this.#parts.length}`;
  }

  #endPart(): void {
    this.#parts.push(this.#part.digest());
    this.#part = createHash('md5');
    this.#used = 0;
  }
}
