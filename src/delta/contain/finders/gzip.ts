import { pipeline, Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { type ByteSource, chunks, slice } from '../../../core/source.ts';
import { type FoundStream, STREAM_MAX } from '../codec.ts';
import { deflateParams, RAW, zlib } from '../codecs/zlib.ts';
import type { Finder } from '../finder.ts';
import { occurrences } from './search.ts';

/** RFC 1952: header without its optional fields, and trailer. */
const HEADER = 10;
const TRAILER = 8;
const MAGIC = Buffer.of(0x1f, 0x8b, 8);
const [FHCRC, FEXTRA, FNAME, FCOMMENT, RESERVED] = [2, 4, 8, 16, 0xe0];
/** The most bytes of optional fields that are looked through. */
const FIELDS = 4096;
/** What holds less is not worth a stream of its own. */
const LEAST = 1024;
/** Bytes read at a time while unpacking. */
const INPUT = 2 ** 16;

/** Levels in the order in which they are used in practice; XFL tells the highest and the lowest. */
const LEVELS = [6, 9, 1, 8, 7, 5, 4, 3, 2];

/** Members of gzip (RFC 1952) anywhere in an image, found by their header and confirmed by their checksum. */
export const gzip: Finder = {
  name: 'gzip',
  find: async (image) => {
    const found: FoundStream[] = [];
    let free = 0;
    for await (const at of occurrences(image, [MAGIC])) {
      if (at < free) continue;
      const member = await readMember(image, at);
      if (!member) continue;
      found.push(member);
      free = member.offset + member.length;
    }
    return found;
  },
};

async function readMember(image: ByteSource, at: number): Promise<FoundStream | undefined> {
  const header = Buffer.from(await image.read(at, Math.min(HEADER + FIELDS, image.length - at)));
  const offset = bodyOf(header);
  if (offset === undefined) return undefined;
  const body = await measure(image, at + offset);
  if (!body || body.raw < LEAST || at + offset + body.length + TRAILER > image.length) return undefined;
  const trailer = Buffer.from(await image.read(at + offset + body.length, TRAILER));
  if (trailer.readUInt32LE(0) !== body.crc || trailer.readUInt32LE(4) !== body.raw % 2 ** 32)
    return undefined;
  const hint = { 2: 9, 4: 1 }[header.readUInt8(8)];
  const levels = hint === undefined ? LEVELS : [hint, ...LEVELS.filter((level) => level !== hint)];
  return {
    offset: at + offset,
    length: body.length,
    most: body.raw,
    codec: zlib,
    guesses: levels.map((level) => deflateParams({ wrapper: RAW, level })),
  };
}

/** Where the DEFLATE stream starts behind a header; `undefined` where it is none. */
function bodyOf(header: Buffer): number | undefined {
  if (header.length < HEADER) return undefined;
  const flags = header.readUInt8(3);
  if ((flags & RESERVED) !== 0) return undefined;
  let at = HEADER;
  if ((flags & FEXTRA) !== 0) {
    if (at + 2 > header.length) return undefined;
    at += 2 + header.readUInt16LE(at);
  }
  for (const field of [FNAME, FCOMMENT]) {
    if ((flags & field) === 0) continue;
    const end = header.indexOf(0, at);
    if (end < 0) return undefined;
    at = end + 1;
  }
  if ((flags & FHCRC) !== 0) at += 2;
  return at < header.length ? at : undefined;
}

interface Measured {
  /** Packed bytes, and what they hold. */
  readonly length: number;
  readonly raw: number;
  readonly crc: number;
}

/** Unpacks the DEFLATE stream that starts at `start` to see where it ends, keeping nothing; `undefined` where there is none. */
async function measure(image: ByteSource, start: number): Promise<Measured | undefined> {
  const inflater = createInflateRaw();
  const rest = slice(image, start, image.length - start);
  pipeline(Readable.from(chunks(rest, INPUT), { highWaterMark: 1 }), inflater, () => {});
  let raw = 0;
  let crc = 0;
  try {
    for await (const piece of inflater) {
      raw += piece.length;
      crc = crc32(piece, crc);
      if (raw > STREAM_MAX) return undefined;
    }
    return { length: inflater.bytesWritten, raw, crc };
  } catch (error) {
    if (String((error as NodeJS.ErrnoException).code).startsWith('Z_')) return undefined;
    throw error;
  } finally {
    inflater.destroy();
  }
}
