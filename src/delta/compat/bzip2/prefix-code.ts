import { invalid } from '../../invalid.ts';
import type { BitReader } from './bit-reader.ts';

const LONGEST = 20;

/** A prefix code that is read bit by bit: symbols by the length of their codes. */
export class PrefixCode {
  /** For each length, how many codes have it. */
  readonly #counts = new Int32Array(LONGEST + 1);
  readonly #symbols: Uint16Array;

  constructor(lengths: Uint8Array) {
    for (const length of lengths) this.#counts[length] = (this.#counts[length] as number) + 1;
    const order = Array.from(lengths.keys()).sort(
      (a, b) => (lengths[a] as number) - (lengths[b] as number) || a - b,
    );
    this.#symbols = Uint16Array.from(order);
  }

  /** @throws OtaError `delta-invalid` for bits that are no code */
  read(bits: BitReader): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= LONGEST; length++) {
      code = code * 2 + bits.bit();
      const count = this.#counts[length] as number;
      if (code - first < count) return this.#symbols[index + code - first] as number;
      index += count;
      first = (first + count) * 2;
    }
    throw invalid('a bzip2 block has a code that its table does not have');
  }
}
