import type { Codec } from './codec.ts';
import { lzmaSdk } from './codecs/lzma-sdk.ts';
import { lzma2 } from './codecs/lzma2.ts';
import { zlib } from './codecs/zlib.ts';
import { zstd154, zstd157 } from './codecs/zstd.ts';
import type { Finder } from './finder.ts';
import { gzip } from './finders/gzip.ts';
import { squashfs } from './finders/squashfs.ts';
import { uefi } from './finders/uefi.ts';
import { xz } from './finders/xz.ts';

/** Everything that streams can be unpacked and packed with. */
export const CODECS: readonly Codec[] = [zlib, lzma2, lzmaSdk, zstd154, zstd157];

/** The containers that are looked into, in this order: of streams that overlap, the first found count. */
export const FINDERS: readonly Finder[] = [squashfs, gzip, xz, uefi];

export const codecById = (id: number): Codec | undefined => CODECS.find((codec) => codec.id === id);
