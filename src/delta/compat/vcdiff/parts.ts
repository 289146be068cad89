/** What a window of the new image is made of, in order: bytes of the old image, bytes of the window itself, or bytes that are given. */
export interface Part {
  readonly kind: 'old' | 'window' | 'given';
  /** Where the bytes are: in the old image, else in the window. */
  readonly from: number;
  length: number;
}

/** Equal bytes that are worth a copy between others; fewer are cheaper among them. */
export const WORTH = 4;

/** The parts of a window; those that go on where the last one ended become a part of it. */
export class Parts {
  readonly list: Part[] = [];
  #at = 0;

  add(kind: Part['kind'], from: number, length: number): void {
    if (length === 0) return;
    this.#at += length;
    const last = this.list.at(-1);
    if (last?.kind === kind && last.from + last.length === from && kind !== 'window') last.length += length;
    else this.list.push({ kind, from, length });
  }

  /** The next bytes of the window as they stand. */
  given(length: number): void {
    this.add('given', this.#at, length);
  }
}
