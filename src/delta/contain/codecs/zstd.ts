import { type Codec, type CodecParams, StreamDamage } from '../codec.ts';

/** Levels that zstd's own tools take without being asked twice. */
const LEVELS = { least: 1, most: 22 } as const;
/** A stream holds at most 2^bits bytes: what an encoder takes depends on that. */
const BITS = { least: 10, most: 28 } as const;
/** From this size on an encoder's tables do not grow. */
const TABLE_BITS = 27;

/** @param most bytes that the stream may hold */
export const zstdParams = (level: number, most: number): CodecParams => [
  level,
  Math.max(BITS.least, Math.ceil(Math.log2(Math.max(1, most)))),
];

const within = (
  value: number | undefined,
  { least, most }: { readonly least: number; readonly most: number },
) => value !== undefined && value >= least && value <= most;

/** What all versions share: RFC 8878 is one, the settings and their cost are the same. */
const common = {
  // The most of any level, by libzstd's own estimate (ZSTD_estimateCCtxSize_usingCParams).
  memory: ([, bits = BITS.most]: CodecParams): number => 2 ** 20 + 17 * 2 ** Math.min(bits, TABLE_BITS),
  accepts: (params: CodecParams): boolean =>
    params.length === 2 && within(params[0], LEVELS) && within(params[1], BITS),
  available: async (): Promise<boolean> => true,
  decode: async (packed: Uint8Array, most: number): Promise<Uint8Array> => {
    const zstd = await libzstd154();
    try {
      return zstd.decompress(packed, most);
    } catch (cause) {
      throw new StreamDamage('a zstd stream is damaged or too long', { cause });
    }
  },
};

/** zstd as libzstd 1.5.4 writes it; only the row-based match finder is used as in builds without SIMD. */
export const zstd154: Codec = {
  ...common,
  id: 5,
  name: 'zstd-1.5.4',
  encode: async (raw, [level]) => (await libzstd154()).compress(raw, level),
};

/** zstd as libzstd 1.5.7 writes it, which splits blocks where earlier versions do not. */
export const zstd157: Codec = {
  ...common,
  id: 6,
  name: 'zstd-1.5.7',
  encode: async (raw, [level]) => (await libzstd157()).compress(raw, level),
};

let loading154: Promise<typeof import('@foxglove/wasm-zstd')> | undefined;
function libzstd154() {
  loading154 ??= import('@foxglove/wasm-zstd').then(async ({ default: zstd }) => {
    await zstd.isLoaded;
    return zstd;
  });
  return loading154;
}

let loading157: Promise<typeof import('@bokuweb/zstd-wasm')> | undefined;
function libzstd157() {
  loading157 ??= import('@bokuweb/zstd-wasm').then(async (zstd) => {
    await zstd.init();
    return zstd;
  });
  return loading157;
}
