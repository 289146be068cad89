import type { ByteSource } from '../../../core/source.ts';
import { NO_FILTER } from '../codecs/lzma2.ts';

/** https://tukaani.org/xz/xz-file-format.txt, section 3.1. */
const LZMA2 = 0x21;
const FILTERS = 0x03;
const PACKED_SIZE = 0x40;
const RAW_SIZE = 0x80;
const RESERVED = 0x3c;

export interface BlockHeader {
  /** Bytes of the header. */
  readonly length: number;
  /** The id of the filter before LZMA2. */
  readonly filter: number;
  readonly dictionary: number;
}

/** The header of a block; `undefined` where there is none, or one whose filters are not LZMA2 after at most one for branches. */
export async function readBlockHeader(image: ByteSource, at: number): Promise<BlockHeader | undefined> {
  if (at + 2 > image.length) return undefined;
  const [size = 0, flags = 0] = await image.read(at, 2);
  const length = 4 * (size + 1);
  if (size === 0 || (flags & RESERVED) !== 0 || at + length > image.length) return undefined;
  const bytes = await image.read(at + 2, length - 6);
  let place = 0;
  const number = (): number => {
    let value = 0;
    for (let scale = 1; place < bytes.length; scale *= 128) {
      const byte = bytes[place++] as number;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    return Number.NaN;
  };
  if (flags & PACKED_SIZE) number();
  if (flags & RAW_SIZE) number();
  let filter = NO_FILTER;
  for (let left = (flags & FILTERS) + 1; left > 0; left--) {
    const id = number();
    const properties = number();
    if (id === LZMA2 && left === 1 && properties === 1) {
      const dictionary = dictionaryOf(bytes[place] ?? Number.NaN);
      return dictionary === undefined ? undefined : { length, filter, dictionary };
    }
    // A filter that starts to count elsewhere than at 0 has properties.
    if (filter !== NO_FILTER || properties !== 0) return undefined;
    filter = id;
  }
  return undefined;
}

/** Section 5.3.1. */
const dictionaryOf = (bits: number): number | undefined =>
  bits <= 40 ? Math.min(2 ** 32 - 1, (2 | (bits & 1)) * 2 ** ((bits >> 1) + 11)) : undefined;
