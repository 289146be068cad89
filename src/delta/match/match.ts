import { equalBytes } from '../../core/bytes.ts';
import type { ByteSource } from '../../core/source.ts';
import { Anchors } from './anchors.ts';
import { breathe } from './breathe.ts';
import { Matcher } from './matcher.ts';
import { Region } from './region.ts';
import { Steps } from './steps.ts';

/** Bytes in memory at a time, whatever the images' size. */
export interface TileSizes {
  /** Of the new image. */
  readonly tile: number;
  /** An old image up to this size is one region. */
  readonly whole: number;
  /** Of a larger old image, around what a tile is thought to come from. */
  readonly region: number;
}

export const TILE_SIZES: TileSizes = { tile: 4 * 2 ** 20, whole: 128 * 2 ** 20, region: 16 * 2 ** 20 };

/** New bytes matched between two breaths. */
const STRETCH = 2 ** 18;
const PIECE = 2 ** 20;
/** Bytes that are compared before anything is looked up. */
const BLOCK = 2 ** 16;

export interface MatchOptions {
  readonly sizes?: TileSizes;
  /** Is told how many new bytes are explained. */
  readonly done?: (bytes: number) => void;
}

/**
 * Explains the new image by the old one, tile by tile, each by the region of the old image around where the tile before
 * it ended. Its steps make the new image from its first byte to its last.
 */
export async function match(old: ByteSource, fresh: ByteSource, options: MatchOptions = {}): Promise<Steps> {
  const { sizes = TILE_SIZES, done } = options;
  const steps = new Steps();
  const size = Math.min(old.length, old.length <= sizes.whole ? old.length : sizes.region);
  let region: Region | undefined;
  let anchors: Anchors | undefined;
  const buffer = new Uint8Array(Math.min(sizes.tile, fresh.length));
  let expected = 0;
  for (let start = 0; start < fresh.length; ) {
    const equal = await equalFrom(old, expected, fresh, start);
    steps.push(equal, 0, expected);
    expected += equal;
    start += equal;
    done?.(start);
    const tile = buffer.subarray(0, Math.min(buffer.length, fresh.length - start));
    if (tile.length === 0) break;
    for (let at = 0; at < tile.length; at += PIECE) {
      tile.set(await fresh.read(start + at, Math.min(PIECE, tile.length - at)), at);
    }
    const middle = expected + tile.length / 2;
    region ??= new Region(old, size);
    if (size < old.length) anchors ??= await Anchors.of(old);
    await region.moveTo(anchors?.locate(tile, size, middle) ?? middle);
    const index = await region.index();
    const base = region.start;
    const matcher = new Matcher(region.bytes, tile, index, expected - base, (add, insert, from) =>
      steps.push(add, insert, base + from),
    );
    while (matcher.done < tile.length) {
      matcher.run(STRETCH);
      done?.(start + matcher.done);
      await breathe();
    }
    expected = base + matcher.finish();
    start += tile.length;
  }
  return steps;
}

/**
 * How many bytes, in whole blocks, are just what is expected of the old image, as in most of two large images that are alike:
 * for those no region is loaded, and nothing is looked up.
 */
async function equalFrom(
  old: ByteSource,
  expected: number,
  fresh: ByteSource,
  start: number,
): Promise<number> {
  if (expected < 0) return 0;
  for (let equal = 0; ; equal += BLOCK) {
    const count = Math.min(BLOCK, fresh.length - start - equal);
    if (count === 0 || expected + equal + count > old.length) return equal;
    const there = await old.read(expected + equal, count);
    if (!equalBytes(there, await fresh.read(start + equal, count))) return equal;
    if (count < BLOCK) return equal + count;
    if (equal % PIECE === 0) await breathe();
  }
}
