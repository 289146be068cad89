import type { Codec } from './codec.ts';
import { zlib } from './codecs/zlib.ts';
import type { Finder } from './finder.ts';
import { gzip } from './finders/gzip.ts';

/** Everything that streams can be unpacked and packed with. */
export const CODECS: readonly Codec[] = [zlib];

/** The containers that are looked into, in this order: of streams that overlap, the first found count. */
export const FINDERS: readonly Finder[] = [gzip];

export const codecById = (id: number): Codec | undefined => CODECS.find((codec) => codec.id === id);
