/** Collects bits from the highest of each byte on. */
export class BitWriter {
  #bytes = new Uint8Array(2 ** 16);
  #filled = 0;
  #pending = 0;
  #count = 0;

  /** The lowest `count` bits of `value`, at most 24. */
  bits(count: number, value: number): void {
    this.#pending = (this.#pending << count) | value;
    this.#count += count;
    while (this.#count >= 8) {
      this.#count -= 8;
      this.#byte((this.#pending >>> this.#count) & 255);
    }
    this.#pending &= (1 << this.#count) - 1;
  }

  /** 32 bits. */
  word(value: number): void {
    this.bits(16, value >>> 16);
    this.bits(16, value & 0xffff);
  }

  /** The whole bytes since the last call; bits that do not make a byte wait. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#filled);
    this.#filled = 0;
    return taken;
  }

  /** Fills the last byte with zeros. */
  pad(): void {
    if (this.#count > 0) this.bits(8 - this.#count, 0);
  }

  #byte(byte: number): void {
    if (this.#filled === this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#filled);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#filled++] = byte;
  }
}
