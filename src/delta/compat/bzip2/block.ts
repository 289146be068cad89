import { invalid } from '../../invalid.ts';
import type { BitReader } from './bit-reader.ts';
import { PrefixCode } from './prefix-code.ts';
import { GROUP } from './tables.ts';

/** A block in its transformed order: the next byte of each row is found through `next`. */
export interface Block {
  readonly crc: number;
  /** For each place: the byte in the lower 8 bits, the place that follows above. */
  readonly next: Uint32Array;
  readonly origin: number;
}

/**
 * Reads a block after its magic number.
 *
 * @param into room for the bytes of a block of the stream's level
 * @throws OtaError `delta-invalid`
 */
export function readBlock(bits: BitReader, into: Uint32Array): Block {
  const crc = bits.word();
  if (bits.bit() !== 0) throw invalid('a bzip2 block is of the obsolete randomised kind');
  const origin = bits.bits(24);
  const used = readUsed(bits);
  const codes = readCodes(bits, used.length + 2);
  const length = readSymbols(bits, used, codes, into);
  if (origin >= length) throw invalid('a bzip2 block starts outside itself');
  const next = into.subarray(0, length);
  link(next);
  return { crc, next, origin };
}

function readUsed(bits: BitReader): Uint8Array {
  const rows = bits.bits(16);
  const used: number[] = [];
  for (let row = 0; row < 16; row++) {
    if (((rows >> (15 - row)) & 1) === 0) continue;
    const map = bits.bits(16);
    for (let column = 0; column < 16; column++) if ((map >> (15 - column)) & 1) used.push(16 * row + column);
  }
  if (used.length === 0) throw invalid('a bzip2 block has no bytes');
  return Uint8Array.from(used);
}

interface Codes {
  readonly tables: readonly PrefixCode[];
  readonly selectors: Uint8Array;
}

function readCodes(bits: BitReader, alphabet: number): Codes {
  const count = bits.bits(3);
  const selectors = new Uint8Array(bits.bits(15));
  if (count < 2 || count > 6 || selectors.length === 0) throw invalid('a bzip2 block has no tables');
  const front = Array.from({ length: count }, (_, table) => table);
  for (let i = 0; i < selectors.length; i++) {
    let place = 0;
    while (bits.bit() === 1)
      if (++place >= count) throw invalid('a bzip2 block names a table that it has not');
    const [table = 0] = front.splice(place, 1);
    front.unshift(table);
    selectors[i] = table;
  }
  const tables = front.map(() => new PrefixCode(readLengths(bits, alphabet)));
  return { tables, selectors };
}

function readLengths(bits: BitReader, alphabet: number): Uint8Array {
  let now = bits.bits(5);
  return Uint8Array.from({ length: alphabet }, () => {
    for (;;) {
      if (now < 1 || now > 20) throw invalid('a bzip2 code is too long');
      if (bits.bit() === 0) return now;
      now += bits.bit() === 0 ? 1 : -1;
    }
  });
}

/** Undoes the move to the front; gives how many bytes there are. */
function readSymbols(
  bits: BitReader,
  used: Uint8Array,
  { tables, selectors }: Codes,
  into: Uint32Array,
): number {
  const front = used.slice();
  const end = used.length + 1;
  let length = 0;
  let run = 0;
  let digit = 1;
  const endRun = () => {
    if (run > into.length - length) throw invalid('a bzip2 block is longer than its level allows');
    into.fill(front[0] as number, length, length + run);
    length += run;
    run = 0;
    digit = 1;
  };
  for (let group = 0; group < selectors.length; group++) {
    const table = tables[selectors[group] as number] as PrefixCode;
    for (let i = 0; i < GROUP; i++) {
      const symbol = table.read(bits);
      if (symbol < 2) {
        run += digit << symbol;
        digit *= 2;
        if (run > into.length) throw invalid('a bzip2 block is longer than its level allows');
        continue;
      }
      if (run > 0) endRun();
      if (symbol === end) return length;
      if (length === into.length) throw invalid('a bzip2 block is longer than its level allows');
      const byte = front[symbol - 1] as number;
      front.copyWithin(1, 0, symbol - 1);
      front[0] = byte;
      into[length++] = byte;
    }
  }
  throw invalid('a bzip2 block has no end');
}

/** Puts above each byte the place of the row that follows its own. */
function link(next: Uint32Array): void {
  const places = new Uint32Array(257);
  for (const byte of next) places[byte + 1] = (places[byte + 1] as number) + 1;
  for (let byte = 0; byte < 256; byte++)
    places[byte + 1] = (places[byte + 1] as number) + (places[byte] as number);
  for (let i = 0; i < next.length; i++) {
    const byte = (next[i] as number) & 255;
    const place = places[byte] as number;
    places[byte] = place + 1;
    next[place] = ((next[place] as number) & 255) | (i << 8);
  }
}
