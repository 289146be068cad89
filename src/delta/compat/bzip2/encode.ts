import { BitWriter } from './bit-writer.ts';
import { codesOf } from './code-lengths.ts';
import { CRC_START, crcOfStream, crcRun } from './crc.ts';
import { symbolsOf } from './symbols.ts';
import { findTables, GROUP } from './tables.ts';
import { transform } from './transform.ts';

/** Bytes of a block at level 9, less what libbz2 leaves free. */
const BLOCK = 900_000 - 19;
/** A longer run is written as several. */
const RUN = 255;

/**
 * Codes the pieces as one bzip2 stream at level 9. The same bytes give the same stream, however they are cut.
 *
 * @throws what `raw` throws
 */
export async function* encodeBzip2(
  raw: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const encoder = new Encoder();
  for await (const piece of raw) {
    encoder.add(piece);
    yield encoder.take();
  }
  encoder.finish();
  yield encoder.take();
}

class Encoder {
  readonly #out = new BitWriter();
  readonly #block = new Uint8Array(BLOCK);
  #filled = 0;
  #blockCrc = CRC_START;
  #streamCrc = 0;
  #byte = 0;
  #run = 0;

  constructor() {
    for (const byte of [0x42, 0x5a, 0x68, 0x39]) this.#out.bits(8, byte);
  }

  add(piece: Uint8Array): void {
    for (let at = 0; at < piece.length; ) {
      const byte = piece[at] as number;
      if (byte !== this.#byte || this.#run === RUN) this.#endRun();
      this.#byte = byte;
      const most = Math.min(piece.length, at + RUN - this.#run);
      const start = at;
      while (at < most && piece[at] === byte) at++;
      this.#run += at - start;
    }
  }

  take = (): Uint8Array => this.#out.take();

  finish(): void {
    this.#endRun();
    this.#endBlock();
    this.#out.bits(24, 0x177245);
    this.#out.bits(24, 0x385090);
    this.#out.word(this.#streamCrc);
    this.#out.pad();
  }

  /** A run of four or more becomes four bytes and a count of the others. */
  #endRun(): void {
    if (this.#run === 0) return;
    if (this.#filled + 5 > BLOCK) this.#endBlock();
    for (let i = 0; i < Math.min(4, this.#run); i++) this.#block[this.#filled++] = this.#byte;
    if (this.#run >= 4) this.#block[this.#filled++] = this.#run - 4;
    this.#blockCrc = crcRun(this.#blockCrc, this.#byte, this.#run);
    this.#run = 0;
  }

  #endBlock(): void {
    if (this.#filled === 0) return;
    const crc = ~this.#blockCrc >>> 0;
    this.#streamCrc = crcOfStream(this.#streamCrc, crc);
    writeBlock(this.#out, this.#block.subarray(0, this.#filled), crc);
    this.#filled = 0;
    this.#blockCrc = CRC_START;
  }
}

function writeBlock(out: BitWriter, block: Uint8Array, crc: number): void {
  const { bytes, origin } = transform(block);
  const found = symbolsOf(bytes);
  const { lengths, selectors } = findTables(found);
  out.bits(24, 0x314159);
  out.bits(24, 0x265359);
  out.word(crc);
  out.bits(1, 0);
  out.bits(24, origin);
  writeUsed(out, found.used);
  out.bits(3, lengths.length);
  out.bits(15, selectors.length);
  writeSelectors(out, selectors, lengths.length);
  for (const table of lengths) writeLengths(out, table);
  const codes = lengths.map(codesOf);
  const { symbols } = found;
  for (let i = 0; i < symbols.length; i++) {
    const table = selectors[Math.floor(i / GROUP)] as number;
    const symbol = symbols[i] as number;
    out.bits(
      (lengths[table] as Uint8Array)[symbol] as number,
      (codes[table] as Uint32Array)[symbol] as number,
    );
  }
}

function writeUsed(out: BitWriter, used: readonly number[]): void {
  const maps = new Uint16Array(16);
  for (const byte of used) maps[byte >> 4] = (maps[byte >> 4] as number) | (0x8000 >> (byte & 15));
  for (const map of maps) out.bits(1, map === 0 ? 0 : 1);
  for (const map of maps) if (map !== 0) out.bits(16, map);
}

function writeSelectors(out: BitWriter, selectors: Uint8Array, tables: number): void {
  const front = Array.from({ length: tables }, (_, table) => table);
  for (const selector of selectors) {
    const place = front.indexOf(selector);
    front.splice(place, 1);
    front.unshift(selector);
    for (let i = 0; i < place; i++) out.bits(1, 1);
    out.bits(1, 0);
  }
}

/** The first length, then for each symbol how it differs from the one before it, in steps of one. */
function writeLengths(out: BitWriter, lengths: Uint8Array): void {
  let now = lengths[0] as number;
  out.bits(5, now);
  for (const length of lengths) {
    for (; now < length; now++) out.bits(2, 0b10);
    for (; now > length; now--) out.bits(2, 0b11);
    out.bits(1, 0);
  }
}
