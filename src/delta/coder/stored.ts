import type { ByteSource } from '../../core/source.ts';
import { invalid } from '../invalid.ts';
import type { Decoder } from './decoder.ts';

const INPUT = 64 * 1024;

/** A section that is not coded. */
export class StoredDecoder implements Decoder {
  readonly #body: ByteSource;
  #at = 0;

  constructor(body: ByteSource) {
    this.#body = body;
  }

  async next(most: number): Promise<Uint8Array> {
    const count = Math.min(most, INPUT, this.#body.length - this.#at);
    if (count <= 0) throw invalid('a section ends too early');
    this.#at += count;
    return this.#body.read(this.#at - count, count);
  }

  async finish(): Promise<void> {
    if (this.#at < this.#body.length) throw invalid('a section goes on after its end');
  }

  close(): void {}
}
