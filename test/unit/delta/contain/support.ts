import { crc32 } from 'node:zlib';
import { concatBytes, utf8 } from '../../../../src/core/bytes.ts';
import { deflateParams, RAW, zlib } from '../../../../src/delta/contain/codecs/zlib.ts';
import { noise } from '../support.ts';

/** Bytes that compress to a third or so, as code and text do, and differ from seed to seed. */
export function wordy(length: number, seed = 1): Uint8Array {
  const words = Array.from({ length: 300 }, (_, index) => noise(3 + (index % 9), 77 + index * seed * 2));
  const order = noise(length, seed);
  const parts: Uint8Array[] = [];
  for (let at = 0, index = 0; at < length; index++) {
    const word = words[(order[index] as number) + ((order[index + 1] ?? 0) & 31)] as Uint8Array;
    parts.push(word);
    at += word.length;
  }
  return concatBytes(...parts).subarray(0, length);
}

/** A gzip member (RFC 1952) around a DEFLATE stream, with a name in its header where one is given. */
export function member(raw: Uint8Array, deflated: Uint8Array, name?: string): Uint8Array {
  const trailer = new DataView(new ArrayBuffer(8));
  trailer.setUint32(0, crc32(raw), true);
  trailer.setUint32(4, raw.length, true);
  return concatBytes(
    Uint8Array.of(0x1f, 0x8b, 8, name === undefined ? 0 : 8, 0, 0, 0, 0, 0, 3),
    name === undefined ? new Uint8Array() : concatBytes(utf8(name), Uint8Array.of(0)),
    deflated,
    new Uint8Array(trailer.buffer),
  );
}

/** As gzip programs built on zlib write it. */
export const gzipped = async (raw: Uint8Array, level = 6, name?: string): Promise<Uint8Array> =>
  member(raw, await zlib.encode(raw, deflateParams({ wrapper: RAW, level })), name);
