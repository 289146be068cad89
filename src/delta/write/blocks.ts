import { equalBytes } from '../../core/bytes.ts';
import { ModeWriter } from '../predict/mode-runs.ts';
import type { Predictor } from '../predict/predictor.ts';
import type { Truth } from '../predict/references.ts';
import type { Differences } from './differences.ts';
import { Spool } from './spool.ts';

interface Placed {
  readonly oldAt: number;
  readonly newAt: number;
  readonly from: number;
  readonly to: number;
}

/** Costs as the coder has them, roughly: a byte that differs, the first of several more, and a change of mode. */
const BYTE = 2;
const FIRST = 1;
const CHANGE = 3;

/** What the new bytes of a cell are. */
class Known implements Truth {
  bytes: Uint8Array = new Uint8Array(0);
  byte(at: number): number {
    return this.bytes[at] as number;
  }
}

/** Cuts added bytes into blocks, chooses for each the mode that leaves fewest differences, and writes those. */
export class BlockWriter {
  readonly modes = new Spool();
  readonly #writer = new ModeWriter(this.modes);
  readonly #predictor: Predictor;
  readonly #differences: Differences;
  readonly #old: Uint8Array;
  readonly #fresh: Uint8Array;
  readonly #tried: Uint8Array;
  readonly #truth = new Known();
  readonly #cells: Placed[] = [];
  #filled = 0;
  #used = false;

  constructor(predictor: Predictor, differences: Differences) {
    this.#predictor = predictor;
    this.#differences = differences;
    this.#old = new Uint8Array(predictor.block);
    this.#fresh = new Uint8Array(predictor.block);
    this.#tried = new Uint8Array(predictor.block);
  }

  /** Whether any block has a mode. */
  get used(): boolean {
    return this.#used;
  }

  /** Bytes that the block has room for. */
  get room(): number {
    return this.#old.length - this.#filled;
  }

  /** The cell of a step, or the part of it that `room` leaves; the caller fills both arrays. */
  cell(
    oldAt: number,
    newAt: number,
    length: number,
  ): { readonly old: Uint8Array; readonly fresh: Uint8Array } {
    const from = this.#filled;
    const to = from + length;
    this.#cells.push({ oldAt, newAt, from, to });
    this.#filled = to;
    return { old: this.#old.subarray(from, to), fresh: this.#fresh.subarray(from, to) };
  }

  /** Writes the block, full or the last. */
  end(): void {
    if (this.#filled === 0) return;
    const fresh = this.#fresh.subarray(0, this.#filled);
    const old = this.#old.subarray(0, this.#filled);
    const mode = equalBytes(old, fresh) ? 0 : this.#choose(old, fresh);
    if (mode > 0) {
      this.#used = true;
      for (const { oldAt, newAt, from, to } of this.#cells) {
        this.#truth.bytes = fresh.subarray(from, to);
        this.#predictor.predict(old.subarray(from, to), mode, oldAt, newAt, this.#truth);
      }
    }
    this.#writer.push(mode);
    this.#differences.add(old, fresh);
    this.#cells.length = 0;
    this.#filled = 0;
  }

  finish(): void {
    this.end();
    if (this.#used) this.#writer.finish();
  }

  #choose(old: Uint8Array, fresh: Uint8Array): number {
    const tried = this.#tried.subarray(0, old.length);
    let best = 0;
    let least = cost(old, fresh) + (this.#writer.mode === 0 ? 0 : CHANGE);
    for (let mode = 1; mode <= this.#predictor.modes.length; mode++) {
      tried.set(old);
      for (const { oldAt, newAt, from, to } of this.#cells) {
        this.#predictor.predict(tried.subarray(from, to), mode, oldAt, newAt);
      }
      const total = cost(tried, fresh) + (this.#writer.mode === mode ? 0 : CHANGE);
      if (total >= least) continue;
      least = total;
      best = mode;
    }
    return best;
  }
}

function cost(old: Uint8Array, fresh: Uint8Array): number {
  let total = 0;
  let before = false;
  for (let at = 0; at < fresh.length; at++) {
    const differs = old[at] !== fresh[at];
    if (differs) total += before ? BYTE : BYTE + FIRST;
    before = differs;
  }
  return total;
}
