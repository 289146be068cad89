import { invalid } from './invalid.ts';
import type { SectionReader } from './section-reader.ts';

/** Turns old bytes into new ones by the runs and differences of a delta: docs/formats/delta.md, "Differences". */
export class DifferenceReader {
  readonly #runs: SectionReader;
  readonly #differences: SectionReader;
  /** What is left of the present runs; the first of all is of differences. */
  #dirty = 0;
  #clean = 0;

  constructor(runs: SectionReader, differences: SectionReader) {
    this.#runs = runs;
    this.#differences = differences;
  }

  /** Changes the next old bytes in place. @throws OtaError `delta-invalid` */
  async patch(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length; ) {
      if (this.#dirty + this.#clean === 0) await this.#next();
      if (this.#dirty > 0) {
        const bytes = await this.#differences.take(Math.min(this.#dirty, piece.length - at));
        for (let i = 0; i < bytes.length; i++)
          piece[at + i] = (piece[at + i] as number) + (bytes[i] as number);
        this.#dirty -= bytes.length;
        at += bytes.length;
      } else {
        const equal = Math.min(this.#clean, piece.length - at);
        this.#clean -= equal;
        at += equal;
      }
    }
  }

  /** @throws OtaError `delta-invalid` where a run goes on after the last step */
  finish(): void {
    if (this.#dirty + this.#clean > 0) throw invalid('a run goes on after the new image');
  }

  async #next(): Promise<void> {
    this.#dirty = await this.#runs.varint();
    this.#clean = this.#runs.ended ? 0 : await this.#runs.varint();
    if (this.#dirty + this.#clean === 0) throw invalid('a pair of runs is empty');
  }
}
