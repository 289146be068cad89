import type { ByteSource } from '../../core/source.ts';
import type { Steps } from '../match/steps.ts';
import { WindowReader } from '../window-reader.ts';
import type { Raw } from './spool.ts';

const PIECE = 2 ** 16;

/** The bytes that steps insert, read from the new image each time that they are asked for: they may be all of it. */
export class Insertions implements Raw {
  readonly length: number;
  readonly #fresh: ByteSource;
  readonly #steps: Steps;

  constructor(fresh: ByteSource, steps: Steps) {
    this.#fresh = fresh;
    this.#steps = steps;
    let length = 0;
    for (let step = 0; step < steps.count; step++) length += steps.insert(step);
    this.length = length;
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    const steps = this.#steps;
    const reader = new WindowReader(this.#fresh);
    let piece = new Uint8Array(PIECE);
    let filled = 0;
    let at = 0;
    for (let step = 0; step < steps.count; step++) {
      at += steps.add(step);
      for (let left = steps.insert(step); left > 0; ) {
        const count = Math.min(left, PIECE - filled);
        const into = piece.subarray(filled, filled + count);
        if (!reader.copy(at, into)) await reader.fill(at, into);
        at += count;
        left -= count;
        filled += count;
        if (filled < PIECE) continue;
        yield piece;
        piece = new Uint8Array(PIECE);
        filled = 0;
      }
    }
    if (filled > 0) yield piece.subarray(0, filled);
  }
}
