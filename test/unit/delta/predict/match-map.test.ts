import { describe, expect, it } from 'vitest';
import { MatchMap } from '../../../../src/delta/predict/match-map.ts';

/** The map of steps given as old start, length, new start. */
const mapOf = (...steps: readonly (readonly [number, number, number])[]) =>
  new MatchMap(
    Float64Array.from(steps, ([oldAt]) => oldAt),
    Float64Array.from(steps, ([, length]) => length),
    Float64Array.from(steps, ([, , newAt]) => newAt),
  );
const shiftAt = (map: MatchMap, oldAt: number) => (map.seek(oldAt) ? map.shift : undefined);

describe('the match map', () => {
  const map = mapOf([100, 50, 0], [0, 40, 60], [110, 10, 900], [140, 60, 1000]);

  it.each([
    ['inside a step', 10, 60],
    ['after a step', 70, 60],
    ['where another starts', 100, -100],
    ['where a shorter step lies inside', 115, -100],
    ['where a later step overlaps', 145, 860],
    ['after the last', 5000, 860],
  ])('%s', (_, oldAt, shift) => {
    expect(shiftAt(map, oldAt)).toBe(shift);
  });

  it('takes the first step for what lies before it', () => {
    expect(shiftAt(mapOf([100, 50, 7]), 3)).toBe(-93);
  });

  it('of equal steps takes the first in the new image', () => {
    expect(shiftAt(mapOf([10, 5, 300], [10, 5, 200]), 12)).toBe(190);
  });

  it('of no steps knows nothing', () => {
    expect(shiftAt(mapOf(), 12)).toBeUndefined();
  });

  it('gives the same whatever was asked before', () => {
    const places = [0, 30, 99, 100, 139, 140, 199, 4000];
    const alone = places.map((place) => shiftAt(mapOf([100, 50, 0], [0, 40, 60], [140, 60, 1000]), place));
    const shared = mapOf([100, 50, 0], [0, 40, 60], [140, 60, 1000]);
    for (const order of [places, places.toReversed()]) {
      for (const place of order) expect(shiftAt(shared, place)).toBe(alone[places.indexOf(place)]);
    }
  });
});
