import { equalRun, viewOf } from '../match/extend.ts';
import { Spool } from './spool.ts';

/**
 * Equal bytes in a row that are worth leaving out of the differences. A shorter row costs the coder next to nothing, and
 * tells it where in an instruction the next difference is.
 */
const CLEAN = 1024;

/** The sections of runs and differences, from the old and new bytes that pair: docs/formats/delta.md, "Differences". */
export class Differences {
  readonly runs = new Spool();
  readonly bytes = new Spool();
  /** Equal bytes since the last difference; different ones, with short equal rows between, before those. */
  #clean = 0;
  #dirty = 0;

  /** Takes as many old bytes as new ones. */
  add(old: Uint8Array, fresh: Uint8Array): void {
    const oldView = viewOf(old);
    const freshView = viewOf(fresh);
    for (let at = 0; at < fresh.length; ) {
      const equal = equalRun(oldView, at, freshView, at, fresh.length - at);
      this.#clean += equal;
      at += equal;
      if (at === fresh.length) return;
      this.#endClean();
      do {
        this.bytes.byte(((fresh[at] as number) - (old[at] as number)) & 255);
        this.#dirty++;
        at++;
      } while (at < fresh.length && old[at] !== fresh[at]);
    }
  }

  finish(): void {
    if (this.#clean + this.#dirty === 0) return;
    this.runs.varint(this.#dirty);
    if (this.#clean > 0) this.runs.varint(this.#clean);
  }

  #endClean(): void {
    if (this.#clean < CLEAN) {
      this.bytes.zeros(this.#clean);
      this.#dirty += this.#clean;
    } else {
      this.runs.varint(this.#dirty);
      this.runs.varint(this.#clean);
      this.#dirty = 0;
    }
    this.#clean = 0;
  }
}
