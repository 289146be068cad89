import { type Architecture, architectureOf } from './architecture.ts';
import { type Packed, packedForm } from './packed.ts';

/** Of the start of an image: what tells its form is there. */
const HEAD_BYTES = 4096;

/** What an image is, as far as it can be told from the bytes alone. */
export interface ImageLook {
  readonly architecture?: Architecture;
  readonly packed?: Packed;
  /** The byte that it consists of, where all are the same. */
  readonly blank?: number;
}

/** Looks at an image while it is read from its start to its end. */
export class Looker {
  readonly #head = new Uint8Array(HEAD_BYTES);
  #read = 0;
  #blank = true;

  /** The next bytes of the image. */
  update(bytes: Uint8Array): void {
    if (this.#read < HEAD_BYTES) this.#head.set(bytes.subarray(0, HEAD_BYTES - this.#read), this.#read);
    this.#read += bytes.length;
    if (this.#blank) this.#blank = isFilled(bytes, this.#head[0] as number);
  }

  /** What is known once all has been read. */
  look(): ImageLook {
    const head = this.#head.subarray(0, Math.min(this.#read, HEAD_BYTES));
    const architecture = architectureOf(head);
    const packed = packedForm(head);
    return {
      ...(architecture === undefined ? {} : { architecture }),
      ...(packed === undefined ? {} : { packed }),
      ...(this.#blank && this.#read > 0 ? { blank: this.#head[0] as number } : {}),
    };
  }
}

/** Each byte is compared with the next, by memcmp: an image of gigabytes of zeros takes no longer than its digest. */
const isFilled = (bytes: Uint8Array, value: number): boolean =>
  bytes.length === 0 ||
  (bytes[0] === value && Buffer.compare(bytes.subarray(1), bytes.subarray(0, bytes.length - 1)) === 0);
