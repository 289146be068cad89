import type { ByteSource } from '../../../core/source.ts';
import { invalid } from '../../invalid.ts';
import { BitReader } from './bit-reader.ts';
import { type Block, readBlock } from './block.ts';
import { CRC_START, crcOfStream, crcRun } from './crc.ts';

const BLOCK_MAGIC = [0x314159, 0x265359] as const;
const END_MAGIC = [0x177245, 0x385090] as const;
const PIECE = 2 ** 16;

/** One bzip2 stream, decoded no further than it is asked for. */
export class Bzip2Reader {
  readonly #bits: BitReader;
  #room: Uint32Array | undefined;
  #block: Block | undefined;
  /** Rows of the block that are left, and the one that comes next. */
  #left = 0;
  #row = 0;
  #blockCrc = CRC_START;
  #streamCrc = 0;
  #ended = false;
  /** The last byte, how often it came in a row, and how often it still comes. */
  #byte = -1;
  #same = 0;
  #repeat = 0;

  constructor(source: ByteSource) {
    this.#bits = new BitReader(source);
  }

  /** 1 to `most` of the next bytes. @throws OtaError `delta-invalid` where there are none, or they are damaged */
  async take(most: number): Promise<Uint8Array> {
    const piece = new Uint8Array(Math.min(most, PIECE));
    for (;;) {
      if (this.#left === 0 && this.#repeat === 0) await this.#nextBlock();
      if (this.#ended) throw invalid('a bzip2 stream has less than is needed');
      const count = this.#fill(piece);
      if (count > 0) return piece.subarray(0, count);
    }
  }

  /** Exactly `count` bytes, a few. @throws OtaError `delta-invalid` */
  async exactly(count: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; ) {
      const piece = await this.take(count - at);
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  /** @throws OtaError `delta-invalid` where more is there than was taken */
  async finish(): Promise<void> {
    if (this.#left === 0 && this.#repeat === 0) await this.#nextBlock();
    if (!this.#ended || !this.#bits.ended) throw invalid('a bzip2 stream has more than is needed');
  }

  async #nextBlock(): Promise<void> {
    if (this.#ended) return;
    await this.#bits.fill();
    this.#endBlock();
    if (this.#room === undefined) this.#room = new Uint32Array(100_000 * readLevel(this.#bits));
    const magic = [this.#bits.bits(24), this.#bits.bits(24)];
    const is = (expected: readonly number[]) => magic.every((part, index) => part === expected[index]);
    if (is(END_MAGIC)) {
      if (this.#bits.word() !== this.#streamCrc) throw invalid('a bzip2 stream has another checksum');
      this.#ended = true;
      return;
    }
    if (!is(BLOCK_MAGIC)) throw invalid('a bzip2 stream is damaged');
    this.#block = readBlock(this.#bits, this.#room);
    this.#left = this.#block.next.length;
    this.#row = (this.#block.next[this.#block.origin] as number) >>> 8;
    this.#byte = -1;
    this.#same = 0;
  }

  #endBlock(): void {
    if (this.#block === undefined) return;
    const crc = ~this.#blockCrc >>> 0;
    if (crc !== this.#block.crc) throw invalid('a bzip2 block has another checksum');
    this.#streamCrc = crcOfStream(this.#streamCrc, crc);
    this.#blockCrc = CRC_START;
    this.#block = undefined;
  }

  /** Undoes the transform and the runs, as far as there is room; gives how many bytes that made. */
  #fill(piece: Uint8Array): number {
    const { next } = this.#block as Block;
    let filled = 0;
    let crc = this.#blockCrc;
    while (filled < piece.length) {
      if (this.#repeat > 0) {
        const count = Math.min(this.#repeat, piece.length - filled);
        piece.fill(this.#byte, filled, filled + count);
        crc = crcRun(crc, this.#byte, count);
        filled += count;
        this.#repeat -= count;
        continue;
      }
      if (this.#left === 0) break;
      const entry = next[this.#row] as number;
      const byte = entry & 255;
      this.#row = entry >>> 8;
      this.#left--;
      this.#same = byte === this.#byte ? this.#same + 1 : 1;
      this.#byte = byte;
      piece[filled++] = byte;
      crc = crcRun(crc, byte, 1);
      if (this.#same === 4) this.#takeCount(next);
    }
    this.#blockCrc = crc;
    return filled;
  }

  /** After four of a byte comes how often it still comes. */
  #takeCount(next: Uint32Array): void {
    if (this.#left === 0) throw invalid('a bzip2 block ends within a run');
    const entry = next[this.#row] as number;
    this.#row = entry >>> 8;
    this.#left--;
    this.#repeat = entry & 255;
    this.#same = 0;
  }
}

function readLevel(bits: BitReader): number {
  const magic = bits.bits(24);
  const level = bits.bits(8) - 0x30;
  if (magic === 0x425a68 && level >= 1 && level <= 9) return level;
  throw invalid('a part of it is not a bzip2 stream');
}
