import type { ByteSource } from '../../../core/source.ts';
import { IMAGE_MAX } from '../../format.ts';
import { invalid } from '../../invalid.ts';
import { TABLES, VCD_ADLER32, VCD_APPLICATION, VCD_SOURCE, VCDIFF_MAGIC, WINDOW_MAX } from './header.ts';

/** A window's header, checked against the ends of the delta; where its sections are. */
export interface WindowHeader {
  /** Of the old image, what the window copies from. */
  readonly source: { readonly start: number; readonly length: number };
  /** Bytes of the new image. */
  readonly target: number;
  readonly adler32?: number;
  /** Where in the delta the sections start, and how long each is. */
  readonly start: number;
  readonly data: number;
  readonly instructions: number;
  readonly addresses: number;
}

export interface VcdiffHeader {
  readonly newLength: number;
  /** Bytes that the largest window takes with its sections, and the tables. */
  readonly memory: number;
  /** The bytes of the old image that are read end here, at the latest. */
  readonly sourceEnd: number;
}

/** The headers of all windows, one after the other. @throws OtaError `delta-invalid` */
export async function* readWindows(patch: ByteSource): AsyncGenerator<WindowHeader> {
  const cursor = new Cursor(patch, 0);
  for (const byte of VCDIFF_MAGIC) if ((await cursor.byte()) !== byte) throw invalid('it is not VCDIFF');
  const indicator = await cursor.byte();
  if ((indicator & ~VCD_APPLICATION) !== 0) {
    throw invalid(
      'it is compressed once more or has a code table of its own',
      'Make it without: xdelta3 -e -S none.',
    );
  }
  if (indicator !== 0) cursor.skip(await cursor.integer());
  while (cursor.at < patch.length) {
    const window = await readWindow(cursor);
    yield window;
    cursor.at = window.start + window.data + window.instructions + window.addresses;
  }
}

async function readWindow(cursor: Cursor): Promise<WindowHeader> {
  const indicator = await cursor.byte();
  if ((indicator & ~(VCD_SOURCE | VCD_ADLER32)) !== 0) throw invalid('a window copies from the new image');
  const hasSource = (indicator & VCD_SOURCE) !== 0;
  const length = hasSource ? await cursor.integer() : 0;
  const start = hasSource ? await cursor.integer() : 0;
  const delta = await cursor.integer();
  const end = cursor.at + delta;
  const target = await cursor.integer();
  if (target > WINDOW_MAX * 2) throw invalid('a window is larger than 16 MiB');
  if ((await cursor.byte()) !== 0) throw invalid('a window is compressed once more');
  const data = await cursor.integer();
  const instructions = await cursor.integer();
  const addresses = await cursor.integer();
  const adler32 = (indicator & VCD_ADLER32) !== 0 ? await cursor.word() : undefined;
  if (cursor.at + data + instructions + addresses !== end)
    throw invalid('the sections of a window do not fill it');
  if (end > cursor.length) throw invalid('it is cut short');
  return {
    source: { start, length },
    target,
    ...(adler32 === undefined ? {} : { adler32 }),
    start: cursor.at,
    data,
    instructions,
    addresses,
  };
}

/** What a delta makes and takes, from the headers of its windows. @throws OtaError `delta-invalid` */
export async function readVcdiffHeader(patch: ByteSource): Promise<VcdiffHeader> {
  let newLength = 0;
  let memory = 0;
  let sourceEnd = 0;
  for await (const { source, target, data, instructions, addresses } of readWindows(patch)) {
    newLength += target;
    memory = Math.max(memory, target + data + instructions + addresses);
    sourceEnd = Math.max(sourceEnd, source.start + source.length);
    if (newLength > IMAGE_MAX) throw invalid('it makes too long an image');
  }
  return { newLength, memory: memory + TABLES, sourceEnd };
}

/** Reads numbers from a place on. */
class Cursor {
  at: number;
  readonly #source: ByteSource;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(source: ByteSource, at: number) {
    this.#source = source;
    this.at = at;
  }

  get length(): number {
    return this.#source.length;
  }

  skip(count: number): void {
    this.at += count;
  }

  async byte(): Promise<number> {
    const offset = this.at - this.#start;
    if (offset < 0 || offset >= this.#bytes.length) {
      if (this.at >= this.length) throw invalid('it is cut short');
      this.#bytes = await this.#source.read(this.at, Math.min(64, this.length - this.at));
      this.#start = this.at;
    }
    return this.#bytes[this.at++ - this.#start] as number;
  }

  async integer(): Promise<number> {
    let value = 0;
    for (;;) {
      const byte = await this.byte();
      value = value * 128 + (byte & 127);
      if (value > IMAGE_MAX) throw invalid('a number in it is too large');
      if (byte < 128) return value;
    }
  }

  async word(): Promise<number> {
    let value = 0;
    for (let i = 0; i < 4; i++) value = value * 256 + (await this.byte());
    return value;
  }
}
