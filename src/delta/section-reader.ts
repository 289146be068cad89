import { type ByteSource, memorySource, slice } from '../core/source.ts';
import { STORED } from './coder/coding.ts';
import { type Decoder, openDecoder } from './coder/decoder.ts';
import type { DeltaHeader, SectionName } from './format.ts';
import { invalid } from './invalid.ts';
import { VARINT_MAX } from './varint.ts';

const EMPTY = { coding: STORED, length: 0, coded: 0 };

/** One section of a delta that is applied, decoded as it is asked for. */
export class SectionReader {
  readonly #decoder: Decoder;
  readonly #most: number;
  /** Bytes that are not decoded yet. */
  #left: number;
  #piece: Uint8Array = new Uint8Array(0);
  /** Bytes of the piece that were taken. */
  #at = 0;

  /** A section that the table does not name is empty. `most` bytes are decoded at a time. */
  static async open(
    patch: ByteSource,
    header: DeltaHeader,
    name: SectionName,
    most: number,
  ): Promise<SectionReader> {
    let start = header.length;
    for (const section of header.sections) {
      if (section.name === name) {
        const body = slice(patch, start, section.coded);
        const decoder = await openDecoder(body, section.coding, section.length);
        return new SectionReader(decoder, section.length, most);
      }
      start += section.coded;
    }
    const decoder = await openDecoder(memorySource(new Uint8Array(0)), EMPTY.coding, 0);
    return new SectionReader(decoder, 0, most);
  }

  private constructor(decoder: Decoder, length: number, most: number) {
    this.#decoder = decoder;
    this.#left = length;
    this.#most = most;
  }

  /** Whether every byte was taken. */
  get ended(): boolean {
    return this.#left === 0 && this.#at === this.#piece.length;
  }

  /** At least one byte, at most `count`, valid until the next call. @throws OtaError `delta-invalid` */
  async take(count: number): Promise<Uint8Array> {
    if (this.#at === this.#piece.length) await this.#more();
    const bytes = this.#piece.subarray(this.#at, this.#at + count);
    this.#at += bytes.length;
    return bytes;
  }

  /** All of it, where it is at most `limit` bytes. @throws OtaError `delta-invalid` */
  async all(limit: number): Promise<Uint8Array> {
    if (this.#left > limit) throw invalid(`a section of ${this.#left} bytes, ${limit} are allowed`);
    const bytes = new Uint8Array(this.#left);
    for (let at = 0; at < bytes.length; ) {
      const piece = await this.take(bytes.length - at);
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  /** @throws OtaError `delta-invalid` for one that is cut short, too long, not in its shortest form, or past 2^53-1 */
  async varint(): Promise<number> {
    let value = 0;
    for (let index = 0, scale = 1; index < VARINT_MAX; index++, scale *= 128) {
      if (this.#at === this.#piece.length) await this.#more();
      const byte = this.#piece[this.#at++] as number;
      value += (byte & 127) * scale;
      if (byte >= 128) continue;
      if ((byte !== 0 || index === 0) && Number.isSafeInteger(value)) return value;
      break;
    }
    throw invalid('a number is damaged');
  }

  /** @throws OtaError `delta-invalid` where bytes are left that nothing asked for */
  async finish(): Promise<void> {
    if (!this.ended) throw invalid('a section holds more than is used');
    await this.#decoder.finish();
  }

  close(): void {
    this.#decoder.close();
  }

  async #more(): Promise<void> {
    if (this.#left === 0) throw invalid('a section ends too early');
    this.#piece = await this.#decoder.next(Math.min(this.#left, this.#most));
    this.#at = 0;
    this.#left -= this.#piece.length;
  }
}
