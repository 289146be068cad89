import type { Steps } from '../match/steps.ts';
import type { MatchMap } from '../predict/match-map.ts';

/** Bases lie at multiples of this: of a small image, and of one from 4 MiB on. */
const [FINE, COARSE, LARGE] = [256, 4096, 4 * 2 ** 20];
/** Pointers that are tried, and the least that say anything. */
const SAMPLE = 2000;
const LEAST = 20;
const LOWEST = 0x1000;

/** An address, and about how many pointers it explains. */
export interface Base {
  readonly address: number;
  readonly explained: number;
}

/**
 * At which address an image is in memory, from its own pointers: those words of `width` bytes that changed between two
 * images as what they would point to has moved. `undefined` where no address explains a good part of them.
 */
export function findBase(
  old: Uint8Array,
  fresh: Uint8Array,
  steps: Steps,
  map: MatchMap,
  width: 4 | 8,
): Base | undefined {
  const pairs = changedWords(old, fresh, steps, width);
  const window = densest(pairs, old.length);
  if (window.length < LEAST) return undefined;
  const stride = Math.ceil(window.length / SAMPLE);
  const sample = window.filter((_, index) => index % stride === 0);
  const lowest = (window[0] as Pair)[0];
  const highest = (window.at(-1) as Pair)[0];
  const step = old.length < LARGE ? FINE : COARSE;
  let best: Base | undefined;
  let most = 0.25 * sample.length;
  const first = Math.max(0, Math.ceil((highest - old.length) / step) * step);
  for (let base = first; base <= lowest; base += step) {
    let explained = 0;
    for (const [from, to] of sample) {
      const target = from - base;
      if (target >= 0 && target < old.length && map.seek(target) && from + map.shift === to) explained++;
    }
    if (explained <= most) continue;
    most = explained;
    best = { address: base, explained: explained * stride };
  }
  return best;
}

type Pair = readonly [number, number];

/** Aligned words that pair and differ, but by less than an image; at most so many. */
function changedWords(old: Uint8Array, fresh: Uint8Array, steps: Steps, width: 4 | 8): Pair[] {
  const from = new DataView(old.buffer, old.byteOffset, old.length);
  const to = new DataView(fresh.buffer, fresh.byteOffset, fresh.length);
  const read = (view: DataView, at: number) =>
    view.getUint32(at, true) + (width === 8 ? view.getUint16(at + 4, true) * 2 ** 32 : 0);
  const pairs: Pair[] = [];
  let newAt = 0;
  for (let step = 0; step < steps.count; step++) {
    const oldAt = steps.oldAt(step);
    const end = oldAt + steps.add(step);
    const shift = newAt - oldAt;
    if (shift % width === 0) {
      for (let at = Math.ceil(oldAt / width) * width; at + width <= end; at += width) {
        const a = from.getUint32(at, true);
        if (a === to.getUint32(at + shift, true)) continue;
        const value = read(from, at);
        const changed = read(to, at + shift);
        if (value >= LOWEST && Math.abs(value - changed) < fresh.length) pairs.push([value, changed]);
      }
    }
    newAt += steps.add(step) + steps.insert(step);
  }
  return pairs;
}

/** The most pairs whose old words lie within `size`, sorted. */
function densest(pairs: Pair[], size: number): readonly Pair[] {
  pairs.sort((a, b) => a[0] - b[0]);
  let [from, count] = [0, 0];
  for (let first = 0, last = 0; last < pairs.length; last++) {
    while ((pairs[last] as Pair)[0] - (pairs[first] as Pair)[0] >= size) first++;
    if (last - first + 1 <= count) continue;
    count = last - first + 1;
    from = first;
  }
  return pairs.slice(from, from + count);
}
