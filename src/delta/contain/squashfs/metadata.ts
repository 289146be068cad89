import type { ByteSource } from '../../../core/source.ts';
import { type Packer, StreamDamage } from '../codec.ts';

/** The most bytes that a metadata block holds, and the bit of its header that says it is not packed. */
export const METADATA = 8192;
const PLAIN = 0x8000;

/** A metadata block: a header of two bytes, then at most 8 KiB, packed or as they are. */
export interface MetadataBlock {
  /** Where its bytes start behind the header, how many they are, and whether they are packed. */
  readonly offset: number;
  readonly length: number;
  readonly packed: boolean;
}

/** The metadata block whose header is at `at`; `undefined` where there is none before `end`. */
export async function metadataAt(
  image: ByteSource,
  at: number,
  end: number,
): Promise<MetadataBlock | undefined> {
  if (at + 2 > end) return undefined;
  const [low = 0, high = 0] = await image.read(at, 2);
  const header = low + 256 * high;
  const length = header & ~PLAIN;
  if (length === 0 || length > METADATA || at + 2 + length > end) return undefined;
  return { offset: at + 2, length, packed: (header & PLAIN) === 0 };
}

/** The blocks of a table, one after the other from `start` up to `end`. */
export async function* metadataBlocks(
  image: ByteSource,
  start: number,
  end: number,
): AsyncGenerator<MetadataBlock> {
  for (let at = start; ; ) {
    const block = await metadataAt(image, at, end);
    if (!block) return;
    yield block;
    at = block.offset + block.length;
  }
}

/** What a table holds, from its first byte to its last, a block in memory at a time. */
export class MetadataReader {
  readonly #image: ByteSource;
  readonly #blocks: AsyncIterator<MetadataBlock>;
  readonly #packer: Packer;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(image: ByteSource, blocks: AsyncIterable<MetadataBlock>, packer: Packer) {
    this.#image = image;
    this.#blocks = blocks[Symbol.asyncIterator]();
    this.#packer = packer;
  }

  /** The next `count` bytes, valid until the next call; `undefined` where the table ends before. @throws StreamDamage */
  async take(count: number): Promise<DataView | undefined> {
    while (this.#bytes.length < count) {
      const more = await this.#next();
      if (!more) return undefined;
      this.#bytes = this.#bytes.length === 0 ? more : Buffer.concat([this.#bytes, more]);
    }
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return new DataView(taken.buffer, taken.byteOffset, taken.length);
  }

  async #next(): Promise<Uint8Array | undefined> {
    const { value, done } = await this.#blocks.next();
    if (done) return undefined;
    const block: MetadataBlock = value;
    const bytes = await this.#image.read(block.offset, block.length);
    const raw = block.packed ? await this.#packer.codec.decode(bytes, METADATA, this.#packer.params) : bytes;
    if (raw.length === 0) throw new StreamDamage('a metadata block is empty');
    return raw;
  }
}
