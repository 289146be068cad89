import type { ByteSource } from '../../../core/source.ts';
import { invalid } from '../../invalid.ts';
import { WindowReader } from '../../window-reader.ts';
import { AddressCache } from './address-cache.ts';
import { ADD, CODES, COPY, type Instruction, NOOP } from './code-table.ts';
import { readWindows, type WindowHeader } from './read.ts';

/** Pieces in which a window and its sections are read. */
const PIECE = 2 ** 20;

/**
 * What a VCDIFF delta (RFC 3284) makes of an old image. The format has no digests, so that it is the caller's to compare the
 * result.
 *
 * @throws OtaError `delta-invalid`, before a byte outside the old image or a window would be touched
 */
export async function* applyVcdiff(old: ByteSource, patch: ByteSource): AsyncGenerator<Uint8Array> {
  const reader = new WindowReader(old);
  for await (const header of readWindows(patch)) {
    const { source } = header;
    if (source.start + source.length > old.length)
      throw invalid('a window copies from outside the old image');
    const target = await new Window(header, reader, patch).make();
    if (header.adler32 !== undefined && adler32(target) !== header.adler32)
      throw invalid('a window has another checksum');
    if (target.length > 0) yield target;
  }
}

class Window {
  readonly #header: WindowHeader;
  readonly #old: WindowReader;
  readonly #patch: ByteSource;
  readonly #cache = new AddressCache();
  readonly #target: Uint8Array;
  #filled = 0;

  constructor(header: WindowHeader, old: WindowReader, patch: ByteSource) {
    this.#header = header;
    this.#old = old;
    this.#patch = patch;
    this.#target = new Uint8Array(header.target);
  }

  async make(): Promise<Uint8Array> {
    const { start, data, instructions, addresses } = this.#header;
    const sections = {
      data: new Section(await this.#read(start, data)),
      instructions: new Section(await this.#read(start + data, instructions)),
      addresses: new Section(await this.#read(start + data + instructions, addresses)),
    };
    while (!sections.instructions.ended) {
      const { first, second } = CODES[sections.instructions.byte()] as (typeof CODES)[number];
      for (const instruction of [first, second])
        if (instruction.kind !== NOOP) await this.#run(instruction, sections);
    }
    if (this.#filled < this.#target.length) throw invalid('a window ends before it is whole');
    if (!sections.data.ended || !sections.addresses.ended)
      throw invalid('a window holds bytes that nothing uses');
    return this.#target;
  }

  async #run(
    { kind, size, mode }: Instruction,
    sections: { readonly data: Section; readonly instructions: Section; readonly addresses: Section },
  ): Promise<void> {
    const count = size === 0 ? sections.instructions.integer() : size;
    if (count > this.#target.length - this.#filled) throw invalid('an instruction reaches past its window');
    const into = this.#target.subarray(this.#filled, this.#filled + count);
    if (kind === COPY) await this.#copy(into, mode, sections.addresses);
    else if (kind === ADD) into.set(sections.data.take(count));
    else into.fill(sections.data.byte());
    this.#filled += count;
  }

  async #copy(into: Uint8Array, mode: number, addresses: Section): Promise<void> {
    const { source } = this.#header;
    const here = source.length + this.#filled;
    const value = AddressCache.isSame(mode) ? addresses.byte() : addresses.integer();
    const address = this.#cache.find(mode, value, here);
    if (address < 0 || address >= here) throw invalid('a copy starts outside its window');
    let from = address;
    let at = 0;
    if (from < source.length) {
      at = Math.min(into.length, source.length - from);
      const part = into.subarray(0, at);
      if (!this.#old.copy(source.start + from, part)) await this.#old.fill(source.start + from, part);
      from += at;
    }
    // What is copied may be part of what is copied to.
    for (let place = from - source.length; at < into.length; at++) into[at] = this.#target[place++] as number;
  }

  async #read(start: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += PIECE)
      bytes.set(await this.#patch.read(start + at, Math.min(PIECE, length - at)), at);
    return bytes;
  }
}

/** A section of a window, read from front to back. */
class Section {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get ended(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    if (this.ended) throw invalid('a section of a window ends early');
    return this.#bytes[this.#at++] as number;
  }

  take(count: number): Uint8Array {
    if (count > this.#bytes.length - this.#at) throw invalid('a section of a window ends early');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  integer(): number {
    let value = 0;
    for (;;) {
      const byte = this.byte();
      value = value * 128 + (byte & 127);
      if (value > Number.MAX_SAFE_INTEGER / 256) throw invalid('a number in it is too large');
      if (byte < 128) return value;
    }
  }
}

/** The checksum that xdelta3 adds: RFC 1950, section 8.2. */
function adler32(bytes: Uint8Array): number {
  let [low, high] = [1, 0];
  for (let at = 0; at < bytes.length; ) {
    // So many that the sums stay below 2^32.
    for (const stop = Math.min(bytes.length, at + 5552); at < stop; at++) {
      low += bytes[at] as number;
      high += low;
    }
    low %= 65_521;
    high %= 65_521;
  }
  return high * 65_536 + low;
}
