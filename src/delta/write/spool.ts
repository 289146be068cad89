/** The bytes of a section, as often as they are asked for. */
export interface Raw {
  readonly length: number;
  pieces(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** The bytes of a section as they are made, in pieces that are filled and never copied. */
export class Spool implements Raw {
  readonly #pieces: Uint8Array[] = [];
  #piece: Uint8Array;
  #filled = 0;
  #length = 0;

  constructor(private readonly size = 1 << 16) {
    this.#piece = new Uint8Array(size);
  }

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    if (this.#filled === this.size) this.#next();
    this.#piece[this.#filled++] = value;
    this.#length++;
  }

  /** docs/formats/delta.md, "Numbers". */
  varint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.byte((rest % 128) | 128);
    this.byte(rest);
  }

  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#filled === this.size) this.#next();
      const count = Math.min(this.size - this.#filled, bytes.length - at);
      this.#piece.set(bytes.subarray(at, at + count), this.#filled);
      this.#filled += count;
      at += count;
    }
    this.#length += bytes.length;
  }

  zeros(count: number): void {
    for (let left = count; left > 0; ) {
      if (this.#filled === this.size) this.#next();
      const some = Math.min(left, this.size - this.#filled);
      this.#filled += some;
      left -= some;
    }
    this.#length += count;
  }

  *pieces(): Generator<Uint8Array> {
    yield* this.#pieces;
    if (this.#filled > 0) yield this.#piece.subarray(0, this.#filled);
  }

  #next(): void {
    this.#pieces.push(this.#piece);
    this.#piece = new Uint8Array(this.size);
    this.#filled = 0;
  }
}
