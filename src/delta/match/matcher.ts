import { equalRun, extendBackward, extendForward, splitOverlap, viewOf } from './extend.ts';
import { hashKey, KEY, type OldIndex } from './old-index.ts';
import type { StepSink } from './steps.ts';

/** An equal run this long is taken without looking for a longer one elsewhere. */
const ENOUGH = 32;
/** How far a match is measured before it is chosen; what follows is taken by the alignment that it starts. */
const MEASURE = 4096;
/** Candidates tried for one place. */
const CHAIN = 24;
/**
 * How many more bytes than the present alignment a match must explain to be worth a control, and how many more where the
 * alignment itself explains some: leaving one that still works costs two.
 */
const GAIN = 12;
const LEAVING = 4;
/** Bytes in a row that nothing matches, as of compressed data, after each so many of which more are passed over at once. */
const NOTHING = 4096;
const MOST_PASSED = 7;

/**
 * Explains a tile of the new image by one region of the old, as bsdiff does: find an exact match, then extend it
 * forwards and backwards over differences as long as more bytes agree than not.
 *
 * Places in the region are relative to its start. It works in pieces, so that a caller can yield in between.
 */
export class Matcher {
  readonly #old: Uint8Array;
  readonly #fresh: Uint8Array;
  readonly #oldView: DataView;
  readonly #freshView: DataView;
  readonly #index: OldIndex;
  readonly #step: StepSink;
  #scan = 0;
  #lastScan = 0;
  #lastAt: number;
  #candidate = 0;
  /** Places since the last that matched anything. */
  #misses = 0;

  /** `expected` is where the old bytes that belong to the tile's start are thought to be; it may lie outside. */
  constructor(old: Uint8Array, fresh: Uint8Array, index: OldIndex, expected: number, step: StepSink) {
    this.#old = old;
    this.#fresh = fresh;
    this.#oldView = viewOf(old);
    this.#freshView = viewOf(fresh);
    this.#index = index;
    this.#lastAt = expected;
    this.#step = step;
  }

  /** Bytes of the tile that are explained. */
  get done(): number {
    return this.#scan;
  }

  /** Explains about `count` more bytes, at most to the end of the tile. */
  run(count: number): void {
    const stop = Math.min(this.#fresh.length, this.#scan + count);
    while (this.#scan < stop) this.#next();
  }

  /** Emits the last step; gives where the old bytes that follow the tile are thought to be. */
  finish(): number {
    const end = this.#fresh.length;
    const expected = this.#lastAt + end - this.#lastScan;
    const add = extendForward(this.#old, this.#lastAt, this.#fresh, this.#lastScan, end - this.#lastScan);
    this.#emit(add, end - this.#lastScan - add);
    return expected;
  }

  /** Finds where the present alignment is left for a better one, or a run that needs no decision. */
  #next(): void {
    const old = this.#old;
    const fresh = this.#fresh;
    const end = fresh.length;
    const offset = this.#lastAt - this.#lastScan;
    const reach = old.length - offset;
    let scan = this.#scan;
    let scored = scan;
    // New bytes in [scan, scored) that the present alignment explains.
    let score = 0;
    for (; scan < end; scan++) {
      const here = this.#equal(scan + offset, scan, end);
      if (here >= ENOUGH) {
        this.#scan = scan + here;
        return;
      }
      const found = this.#find(scan, here);
      const length = found === 0 ? here : found;
      if (length >= KEY) this.#misses = 0;
      const until = Math.min(scan + length, reach);
      for (let i = Math.max(scored, -offset); i < until; i++) if (old[i + offset] === fresh[i]) score++;
      scored = Math.max(scored, scan + length);
      if (length === score && length !== 0) {
        this.#scan = scan + length;
        return;
      }
      if (length > score + GAIN + Math.min(score, LEAVING)) {
        this.#switch(scan, this.#candidate);
        this.#scan = scan + length;
        return;
      }
      if (scored > scan) {
        if (here > 0) score--;
        continue;
      }
      // An odd number, so that places at every multiple of the index's stride are met.
      scan += Math.min(MOST_PASSED, 2 * Math.floor(++this.#misses / NOTHING) + 1) - 1;
      scored = scan + 1;
    }
    this.#scan = end;
  }

  /** Ends the present alignment for the one in which `scan` pairs with `at`. */
  #switch(scan: number, at: number): void {
    const from = this.#lastScan;
    let add = extendForward(this.#old, this.#lastAt, this.#fresh, from, scan - from);
    let back = extendBackward(this.#old, at, this.#fresh, scan, scan - from);
    const overlap = from + add - (scan - back);
    if (overlap > 0) {
      const firstAt = this.#lastAt + add - overlap;
      const keep = splitOverlap(this.#old, firstAt, at - back, this.#fresh, scan - back, overlap);
      add += keep - overlap;
      back -= keep;
    }
    this.#emit(add, scan - back - from - add);
    this.#lastScan = scan - back;
    this.#lastAt = at - back;
  }

  #emit(add: number, insert: number): void {
    if (add + insert > 0) this.#step(add, insert, this.#lastAt);
  }

  /** The length of the longest match at `scan` that is longer than `atLeast`, its place in `#candidate`; 0 without one. */
  #find(scan: number, atLeast: number): number {
    const { head, next, stride, shift } = this.#index;
    const old = this.#old;
    const fresh = this.#fresh;
    const limit = Math.min(fresh.length, scan + MEASURE);
    if (scan + KEY > limit) return 0;
    const view = this.#freshView;
    const hash = hashKey(view.getInt32(scan, true), view.getInt32(scan + 4, true), shift);
    let slot = head[hash] as number;
    let best = Math.max(atLeast, KEY - 1);
    let found = 0;
    for (let tries = CHAIN; slot >= 0 && tries > 0; tries--) {
      const at = slot * stride;
      if (old[at + best] === fresh[scan + best]) {
        const length = this.#equal(at, scan, limit);
        if (length > best) {
          best = length;
          found = length;
          this.#candidate = at;
          if (scan + length >= limit) break;
        }
      }
      slot = next[slot] as number;
    }
    return found;
  }

  #equal(at: number, scan: number, limit: number): number {
    const old = this.#old;
    if (at < 0 || at >= old.length || old[at] !== this.#fresh[scan]) return 0;
    return equalRun(this.#oldView, at, this.#freshView, scan, Math.min(limit - scan, old.length - at));
  }
}
