import { crc32 } from 'node:zlib';
import { concatBytes, utf8 } from '../../../../src/core/bytes.ts';
import { deflateParams, RAW, zlib } from '../../../../src/delta/contain/codecs/zlib.ts';
import { collect, noise } from '../support.ts';

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

/** An .xz file as liblzma writes it: CRC32 unless another check is named, and a filter for branches by its id in xz. */
export async function xzFile(
  raw: Uint8Array,
  { check = 1, filter = 0 }: { readonly check?: number; readonly filter?: number } = {},
): Promise<Uint8Array> {
  const { default: lzma } = await import('lzma-native');
  const options = { dictSize: 2 ** 20, lc: 3, lp: 0, pb: 2, mode: lzma.MODE_NORMAL, mf: lzma.MF_BT4 };
  const branches = { 4: lzma.FILTER_X86, 7: lzma.FILTER_ARM }[filter];
  const stream = lzma.createStream('streamEncoder', {
    check,
    filters: [
      ...(branches === undefined ? [] : [{ id: branches }]),
      { id: lzma.FILTER_LZMA2, options: { ...options, niceLen: 64, depth: 0 } },
    ],
  });
  stream.end(raw);
  return collect(stream as AsyncIterable<Uint8Array>);
}

/** A Linux bzImage of boot protocol 2.15: a setup sector, code, the payload with its unpacked size, and more code. */
export function bzImage(payload: Uint8Array): Uint8Array {
  const setup = new DataView(new ArrayBuffer(2 * 512));
  setup.setUint8(0x1f1, 1);
  setup.setUint16(0x1fe, 0xaa55, true);
  setup.setUint32(0x202, 0x53726448, true);
  setup.setUint16(0x206, 0x020f, true);
  setup.setUint32(0x248, 300, true);
  setup.setUint32(0x24c, payload.length + 4, true);
  return concatBytes(new Uint8Array(setup.buffer), noise(300, 3), payload, noise(4, 5), noise(2000, 7));
}

/** A GUID-defined section of a UEFI firmware volume around packed data. */
export function lzmaSection(
  data: Uint8Array,
  {
    guid = '98584eee143959429d6edc7bd79403cf',
    large = false,
  }: { readonly guid?: string; readonly large?: boolean } = {},
): Uint8Array {
  const header = Buffer.alloc(large ? 28 : 24);
  const size = header.length + data.length;
  header.writeUIntLE(large ? 0xffffff : size, 0, 3);
  header.writeUInt8(2, 3);
  if (large) header.writeUInt32LE(size, 4);
  const at = header.length - 20;
  header.write(guid, at, 'hex');
  header.writeUInt16LE(header.length, at + 16);
  header.writeUInt16LE(1, at + 18);
  return concatBytes(header, data);
}
