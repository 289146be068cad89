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
  const region = new Region(old, old.length <= sizes.whole ? old.length : sizes.region);
  const anchors = region.bytes.length < old.length ? await Anchors.of(old) : undefined;
  const buffer = new Uint8Array(Math.min(sizes.tile, fresh.length));
  let expected = 0;
  for (let start = 0; start < fresh.length; start += buffer.length) {
    const tile = buffer.subarray(0, Math.min(buffer.length, fresh.length - start));
    for (let at = 0; at < tile.length; at += PIECE) {
      tile.set(await fresh.read(start + at, Math.min(PIECE, tile.length - at)), at);
    }
    const middle = expected + tile.length / 2;
    await region.moveTo(anchors?.locate(tile, region.bytes.length, middle) ?? middle);
    if (isPart(region, expected, tile)) {
      steps.push(tile.length, 0, expected);
      expected += tile.length;
    } else {
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
    }
    done?.(start + tile.length);
  }
  return steps;
}

/** Whether the tile is just what is expected of the old image, as in most of two large images; then no index is needed. */
function isPart(region: Region, expected: number, tile: Uint8Array): boolean {
  const from = expected - region.start;
  return from >= 0 && equalBytes(region.bytes.subarray(from, from + tile.length), tile);
}
