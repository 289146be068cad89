import type { Codec } from './codec.ts';
import { zlib } from './codecs/zlib.ts';
import { zstd154, zstd157 } from './codecs/zstd.ts';
import type { Finder } from './finder.ts';
import { gzip } from './finders/gzip.ts';
import { squashfs } from './finders/squashfs.ts';

/** Everything that streams can be unpacked and packed with. */
export const CODECS: readonly Codec[] = [zlib, zstd154, zstd157];

/** The containers that are looked into, in this order: of streams that overlap, the first found count. */
export const FINDERS: readonly Finder[] = [squashfs, gzip];

export const codecById = (id: number): Codec | undefined => CODECS.find((codec) => codec.id === id);
