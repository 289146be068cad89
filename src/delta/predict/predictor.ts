import type { DeltaHeader } from '../format.ts';
import { type Mode, predictCell } from './kinds.ts';
import { Layout } from './layout.ts';
import type { MatchMap } from './match-map.ts';
import type { Prediction } from './prediction.ts';
import { type Cell, References, type Truth } from './references.ts';

/** Predicts cells: the old bytes of one step inside one block. Encoder and applier use it alike. */
export class Predictor {
  readonly block: number;
  readonly modes: readonly Mode[];
  readonly #references: References;
  readonly #cell: Cell;

  constructor(prediction: Prediction, map: MatchMap, bits: Pick<DeltaHeader, 'blockBits' | 'labelBits'>) {
    this.block = 2 ** bits.blockBits;
    this.modes = prediction.modes;
    this.#references = new References(
      new Layout(prediction.old),
      new Layout(prediction.new),
      map,
      bits.labelBits,
    );
    this.#cell = { bytes: new Uint8Array(0), length: 0, oldAddress: 0, newAddress: 0, program: 0 };
  }

  /** Changes the old bytes of a cell, by the mode with the given number, of which 0 is none. */
  predict(bytes: Uint8Array, mode: number, oldAt: number, newAt: number, truth?: Truth): void {
    const chosen = this.modes[mode - 1];
    const cell = this.#cell;
    if (!chosen || !this.#references.place(cell, oldAt, newAt)) return;
    cell.bytes = bytes;
    cell.length = bytes.length;
    predictCell(chosen, cell, this.#references, truth);
  }
}
