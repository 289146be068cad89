import { promisify } from 'node:util';
import { inflate, inflateRaw } from 'node:zlib';
import { type Codec, type CodecParams, StreamDamage } from '../codec.ts';

/** RFC 1951 alone, as in gzip, or in RFC 1950's header and checksum. */
export const RAW = 0;
export const ZLIB = 1;

export interface DeflateSettings {
  readonly wrapper: typeof RAW | typeof ZLIB;
  /** 1 to 9. */
  readonly level: number;
  /** 9 to 15. */
  readonly windowBits?: number;
  /** 1 to 9. */
  readonly memLevel?: number;
  /** zlib's number of it, 0 to 4. */
  readonly strategy?: number;
}

export const deflateParams = ({
  wrapper,
  level,
  windowBits = 15,
  memLevel = 8,
  strategy = 0,
}: DeflateSettings): CodecParams => [wrapper, level, windowBits, memLevel, strategy];

/** The least and the most of each setting, in their order. */
const RANGES = [
  [RAW, ZLIB],
  [1, 9],
  [9, 15],
  [1, 9],
  [0, 4],
] as const;

/** zlib's own figure for packing (zconf.h); unpacking takes less. */
const memory = ([, , windowBits = 15, memLevel = 9]: CodecParams): number =>
  2 ** (windowBits + 2) + 2 ** (memLevel + 9);

const unpackers = { [RAW]: promisify(inflateRaw), [ZLIB]: promisify(inflate) };

/**
 * DEFLATE as zlib 1.2 and 1.3 write it. Node's own zlib is another: Chromium's, which finds other matches. So packing is by pako,
 * whose `legacyHash` is zlib's; unpacking is the same with each.
 */
export const zlib: Codec = {
  id: 1,
  name: 'zlib-1.2',
  memory,
  accepts: (params) =>
    params.length === RANGES.length &&
    RANGES.every(([least, most], index) => {
      const value = params[index] ?? -1;
      return value >= least && value <= most;
    }),
  available: async () => true,
  decode: async (packed, most, [wrapper]) => {
    const unpack = unpackers[wrapper === ZLIB ? ZLIB : RAW];
    // With `info`, zlib's convenience functions give the engine beside the bytes, which knows how many it has taken.
    const given: unknown = await unpack(packed, { info: true, maxOutputLength: Math.max(1, most) }).catch(
      (cause: unknown) => {
        throw new StreamDamage('a DEFLATE stream is damaged or too long', { cause });
      },
    );
    const { buffer, engine } = given as {
      readonly buffer: Buffer;
      readonly engine: { bytesWritten: number };
    };
    if (engine.bytesWritten !== packed.length) throw new StreamDamage('a DEFLATE stream ends early');
    return buffer;
  },
  encode: async (raw, params) => {
    const { deflate, deflateRaw } = await import('pako');
    const [wrapper, level, windowBits, memLevel, strategy] = params as [
      0 | 1,
      Level,
      number,
      number,
      Strategy,
    ];
    const options = { level, windowBits, memLevel, strategy, legacyHash: true };
    return wrapper === ZLIB ? deflate(raw, options) : deflateRaw(raw, options);
  },
};

type Level = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
type Strategy = 0 | 1 | 2 | 3 | 4;
