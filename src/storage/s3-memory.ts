const MIB = 2 ** 20;

/** Bytes lent until they are given back. */
export interface Lent {
  readonly buffer: Buffer;
  giveBack(): void;
}

/**
 * The memory that all uploads of a store have together, so that it does not grow with their number or with the size of an object.
 * Whoever asks first is served first. A request for more than there is in all waits for all of it.
 */
export class Memory {
  readonly #total: number;
  readonly #kept: number;
  readonly #buffers: Buffer[] = [];
  readonly #waiting: { readonly bytes: number; readonly start: () => void }[] = [];
  #free: number;

  /**
   * @param total bytes lent at once
   * @param kept size of the buffers that are used again rather than left to the garbage collector, in bytes
   */
  constructor(total = 64 * MIB, kept = 8 * MIB) {
    this.#total = total;
    this.#kept = kept;
    this.#free = total;
  }

  /** A buffer of `bytes`, with anything in it, once there is room for it. */
  async take(bytes: number): Promise<Lent> {
    const counted = Math.min(bytes, this.#total);
    await new Promise<void>((start) => {
      this.#waiting.push({ bytes: counted, start });
      this.#serve();
    });
    const buffer = (bytes === this.#kept ? this.#buffers.pop() : undefined) ?? Buffer.allocUnsafeSlow(bytes);
    let lent = true;
    return {
      buffer,
      giveBack: () => {
        if (!lent) return;
        lent = false;
        if (bytes === this.#kept) this.#buffers.push(buffer);
        this.#free += counted;
        this.#serve();
      },
    };
  }

  #serve(): void {
    for (
      let next = this.#waiting[0];
      next !== undefined && next.bytes <= this.#free;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#free -= next.bytes;
      next.start();
    }
  }
}
