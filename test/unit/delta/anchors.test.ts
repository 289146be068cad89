import { expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes.ts';
import { memorySource } from '../../../src/core/source.ts';
import { Anchors } from '../../../src/delta/match/anchors.ts';
import { noise } from './support.ts';

const OLD = noise(4_000_000);
const SIZE = 400_000;
const TILE = 200_000;

const located = async (old: Uint8Array, tile: Uint8Array, middle: number) =>
  (await Anchors.of(memorySource(old))).locate(tile, SIZE, middle);

it.each([300_000, 1_234_567, 3_700_000])('a tile is found at %d, wherever it is expected', async (at) => {
  const tile = OLD.subarray(at, at + TILE);
  for (const expected of [0, 2_000_000, at + TILE / 2]) {
    expect(Math.abs((await located(OLD, tile, expected)) - (at + TILE / 2))).toBeLessThan(TILE / 2);
  }
});

it('a tile that is nowhere in the old image stays where it is expected', async () => {
  expect(await located(OLD, noise(TILE, 99), 777_777)).toBe(777_777);
});

it('a tile that occurs twice stays where it is expected', async () => {
  const twice = concatBytes(OLD.subarray(0, TILE), OLD.subarray(1_000_000), OLD.subarray(0, TILE));
  expect(await located(twice, OLD.subarray(0, TILE), 2_000_000)).toBe(2_000_000);
});

it('a tile of one byte stays where it is expected', async () => {
  expect(await located(new Uint8Array(4_000_000), new Uint8Array(TILE), 5)).toBe(5);
});
