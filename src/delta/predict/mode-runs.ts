import { invalid } from '../invalid.ts';
import type { SectionReader } from '../section-reader.ts';
import type { Spool } from '../write/spool.ts';

/** Writes the mode of each block as runs of equal ones: docs/formats/delta.md, "Modes". */
export class ModeWriter {
  readonly #spool: Spool;
  #mode = 0;
  #count = 0;

  constructor(spool: Spool) {
    this.#spool = spool;
  }

  get mode(): number {
    return this.#mode;
  }

  push(mode: number): void {
    if (mode !== this.#mode) {
      this.finish();
      this.#mode = mode;
    }
    this.#count++;
  }

  finish(): void {
    if (this.#count === 0) return;
    this.#spool.varint(this.#mode);
    this.#spool.varint(this.#count);
    this.#count = 0;
  }
}

/** Reads them; blocks after the last run have mode 0. */
export class ModeReader {
  readonly #section: SectionReader;
  readonly #modes: number;
  #mode = 0;
  #left = 0;

  constructor(section: SectionReader, modes: number) {
    this.#section = section;
    this.#modes = modes;
  }

  /** @throws OtaError `delta-invalid` */
  async next(): Promise<number> {
    if (this.#left === 0) {
      if (this.#section.ended) return 0;
      this.#mode = await this.#section.varint();
      this.#left = await this.#section.varint();
      if (this.#mode > this.#modes || this.#left === 0) throw invalid('a run of modes is damaged');
    }
    this.#left--;
    return this.#mode;
  }

  /** @throws OtaError `delta-invalid` where a run goes on after the last block */
  finish(): void {
    if (this.#left > 0) throw invalid('a run of modes goes on after the last block');
  }
}
