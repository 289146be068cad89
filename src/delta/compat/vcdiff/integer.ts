/** Bytes of an integer of RFC 3284, section 2: groups of 7 bits, the highest first, the high bit set on all but the last. */
export const integerLength = (value: number): number => {
  let length = 1;
  for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128)) length++;
  return length;
};

/** Bytes that grow at their end. */
export class ByteList {
  #bytes = new Uint8Array(2 ** 12);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  integer(value: number): void {
    const length = integerLength(value);
    this.#reserve(length);
    let left = value;
    for (let at = this.#length + length - 1; at >= this.#length; at--) {
      this.#bytes[at] = (left % 128) | (at === this.#length + length - 1 ? 0 : 128);
      left = Math.floor(left / 128);
    }
    this.#length += length;
  }

  /** What was added; valid until more is. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + more));
    larger.set(this.view());
    this.#bytes = larger;
  }
}
