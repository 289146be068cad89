import { equalBytes } from '../core/bytes.ts';
import type { ByteSource } from '../core/source.ts';
import { Anchors } from './anchors.ts';
import { breathe } from './breathe.ts';
import { Matcher } from './matcher.ts';
import { Region } from './region.ts';
import { WindowWriter } from './window-writer.ts';

/** Bytes in memory at a time, whatever the images' size. */
export interface TileSizes {
  /** Of the new image. */
  readonly tile: number;
  /** An old image up to this size is one region. */
  readonly whole: number;
  /** Of a larger old image, around what a tile is thought to come from. */
  readonly region: number;
}

export const TILE_SIZES: TileSizes = { tile: 4 * 2 ** 20, whole: 32 * 2 ** 20, region: 16 * 2 ** 20 };

/** New bytes matched between two breaths. */
const STRETCH = 2 ** 18;
const PIECE = 2 ** 20;

/**
 * Explains the new image tile by tile, each by the region of the old image around where the tile before it ended, and
 * gives the windows of the delta as they fill. `read` is told all new bytes in order, `done` how many are explained.
 */
export async function* windows(
  old: ByteSource,
  fresh: ByteSource,
  options: {
    readonly limit: number;
    readonly sizes: TileSizes;
    readonly read: (bytes: Uint8Array) => void;
    readonly done: (bytes: number) => void;
  },
): AsyncGenerator<Uint8Array> {
  const { limit, sizes, done } = options;
  const writer = new WindowWriter(limit);
  const region = new Region(old, old.length <= sizes.whole ? old.length : sizes.region);
  const anchors = region.bytes.length < old.length ? await Anchors.of(old) : undefined;
  const buffer = new Uint8Array(Math.min(sizes.tile, fresh.length));
  let expected = 0;
  for (let start = 0; start < fresh.length; start += buffer.length) {
    const tile = buffer.subarray(0, Math.min(buffer.length, fresh.length - start));
    for (let at = 0; at < tile.length; at += PIECE) {
      tile.set(await fresh.read(start + at, Math.min(PIECE, tile.length - at)), at);
    }
    options.read(tile);
    const middle = expected + tile.length / 2;
    await region.moveTo(anchors?.locate(tile, region.bytes.length, middle) ?? middle);
    if (isPart(region, expected, tile)) {
      writer.add(expected, tile, tile);
      expected += tile.length;
    } else {
      const index = await region.index();
      const base = region.start;
      const matcher = new Matcher(region.bytes, tile, index, expected - base, (at, add, insert, from) => {
        writer.add(base + from, region.bytes.subarray(from, from + add), tile.subarray(at, at + add));
        writer.insert(tile.subarray(at + add, at + add + insert));
      });
      while (matcher.done < tile.length) {
        matcher.run(STRETCH);
        yield* writer.take();
        done(start + matcher.done);
        await breathe();
      }
      expected = base + matcher.finish();
    }
    yield* writer.take();
    done(start + tile.length);
  }
  writer.finish();
  yield* writer.take();
}

/** Whether the tile is just what is expected of the old image, as in most of two large images; then no index is needed. */
function isPart(region: Region, expected: number, tile: Uint8Array): boolean {
  const from = expected - region.start;
  return from >= 0 && equalBytes(region.bytes.subarray(from, from + tile.length), tile);
}
