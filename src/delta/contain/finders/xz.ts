import type { ByteSource } from '../../../core/source.ts';
import { type CodecParams, type FoundStream, STREAM_MAX } from '../codec.ts';
import { FINDERS, lzma2, lzma2Params, MODES } from '../codecs/lzma2.ts';
import type { Finder } from '../finder.ts';
import { type BlockHeader, readBlockHeader } from '../xz/block.ts';
import { walkLzma2 } from '../xz/chunks.ts';
import { occurrences } from './search.ts';

/** https://tukaani.org/xz/xz-file-format.txt, section 2.1.1: magic bytes, flags, and a CRC32. */
const MAGIC = Buffer.from('fd377a585a00', 'hex');
const HEADER = 12;
/** Bytes of each kind of check behind a block, by the flags. */
const CHECKS = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];
/** What holds less is not worth a stream of its own. */
const LEAST = 1024;

/** The blocks of .xz files, found by the file's first bytes wherever it is, as in a Linux bzImage. */
export const xz: Finder = {
  name: 'xz',
  find: async (image) => {
    const found: FoundStream[] = [];
    let free = 0;
    for await (const at of occurrences(image, [MAGIC])) {
      if (at < free) continue;
      for await (const block of blocks(image, at)) {
        free = block.offset + block.length;
        if (block.most >= LEAST) found.push(block);
      }
    }
    return found;
  },
};

async function* blocks(image: ByteSource, start: number): AsyncGenerator<FoundStream> {
  if (start + HEADER > image.length) return;
  const [reserved = 1, flags = 0] = await image.read(start + MAGIC.length, 2);
  const check = CHECKS[flags];
  if (reserved !== 0 || check === undefined) return;
  for (let at = start + HEADER; ; ) {
    const header = await readBlockHeader(image, at);
    if (!header) return;
    const offset = at + header.length;
    const stream = await walkLzma2(image, offset, STREAM_MAX);
    if (!stream) return;
    const { length, raw, props } = stream;
    const guesses = props === undefined ? [] : guessesFor(header, props);
    if (guesses.length > 0) yield { offset, length, most: raw, codec: lzma2, guesses };
    // Filled up to a multiple of four bytes, counted from the block's start.
    at = offset + length + ((4 - (length % 4)) % 4) + check;
  }
}

/** Match finder, nice length and depth of xz's levels, and the level's own dictionary as a power of two. */
const BT4 = { mode: MODES.normal, finder: FINDERS.bt4 };
const HC4 = { mode: MODES.fast, finder: FINDERS.hc4 };
const LEVELS = [
  { ...BT4, nice: 64, depth: 0, bits: 23 },
  { ...BT4, nice: 273, depth: 512, bits: 26 },
  { ...BT4, nice: 32, depth: 0, bits: 23 },
  { ...BT4, nice: 192, depth: 0, bits: 23 },
  { ...BT4, nice: 16, depth: 0, bits: 22 },
  { ...HC4, nice: 273, depth: 48, bits: 22 },
  { ...HC4, nice: 273, depth: 24, bits: 21 },
  { ...HC4, nice: 128, depth: 8, bits: 20 },
  { mode: MODES.fast, finder: FINDERS.hc3, nice: 128, depth: 4, bits: 18 },
] as const;

/** Levels 6 to 9 and the "extreme" ones with any dictionary, the others with their own only. */
const ANY = 2;

function guessesFor({ filter, dictionary }: BlockHeader, props: number): readonly CodecParams[] {
  return LEVELS.filter(({ bits }, index) => index < ANY || 2 ** bits === dictionary)
    .map((level) => lzma2Params({ ...level, filter, dictionary, props }))
    .filter(lzma2.accepts);
}
