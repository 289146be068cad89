import type { Controls } from './controls.ts';
import type { DifferenceReader } from './difference-reader.ts';
import type { DeltaHeader, SectionName } from './format.ts';
import { invalid } from './invalid.ts';
import { MatchMap } from './predict/match-map.ts';
import type { ModeReader } from './predict/mode-runs.ts';
import { decodePrediction, PREDICTION_MAX } from './predict/prediction.ts';
import { Predictor } from './predict/predictor.ts';
import type { Truth } from './predict/references.ts';
import type { SectionReader } from './section-reader.ts';
import type { WindowReader } from './window-reader.ts';

/** Makes the added bytes of steps, piece by piece. A piece is valid until the next one. */
export interface Added {
  /** At least one byte and at most `count`. @throws OtaError `delta-invalid` */
  next(oldAt: number, newAt: number, count: number): Promise<Uint8Array>;
  /** @throws OtaError `delta-invalid` where something is left that belongs to no piece */
  finish(): void;
}

/** The most bytes of a piece. */
const PIECE = 2 ** 16;

/** Old bytes with differences. */
export class PlainAdded implements Added {
  readonly #old: WindowReader;
  readonly #differences: DifferenceReader;
  readonly #bytes = new Uint8Array(PIECE);

  constructor(old: WindowReader, differences: DifferenceReader) {
    this.#old = old;
    this.#differences = differences;
  }

  async next(oldAt: number, _newAt: number, count: number): Promise<Uint8Array> {
    if (this.#old.ready(oldAt, count) === 0) await this.#old.load(oldAt);
    const view = this.#old.view(oldAt, Math.min(PIECE, this.#old.ready(oldAt, count)));
    const piece = this.#bytes.subarray(0, view.length);
    piece.set(view);
    await this.#differences.patch(piece);
    return piece;
  }

  finish(): void {
    this.#differences.finish();
  }
}

/** What a predicted cell turns out to be: the prediction and its differences. */
class Corrected implements Truth {
  bytes: Uint8Array = new Uint8Array(0);
  differences: Uint8Array = new Uint8Array(0);

  byte(at: number): number {
    return ((this.bytes[at] as number) + (this.differences[at] as number)) & 255;
  }
}

/** Old bytes whose references are predicted, with differences. A piece is a cell: what a step has of a block. */
export class PredictedAdded implements Added {
  readonly #old: WindowReader;
  readonly #differences: DifferenceReader;
  readonly #modes: ModeReader;
  readonly #predictor: Predictor;
  readonly #bytes: Uint8Array;
  readonly #difference: Uint8Array;
  readonly #truth = new Corrected();
  #mode = 0;
  #room = 0;

  constructor(predictor: Predictor, modes: ModeReader, old: WindowReader, differences: DifferenceReader) {
    this.#predictor = predictor;
    this.#modes = modes;
    this.#old = old;
    this.#differences = differences;
    this.#bytes = new Uint8Array(predictor.block);
    this.#difference = new Uint8Array(predictor.block);
  }

  async next(oldAt: number, newAt: number, count: number): Promise<Uint8Array> {
    if (this.#room === 0) {
      this.#mode = await this.#modes.next();
      this.#room = this.#bytes.length;
    }
    const length = Math.min(count, this.#room);
    this.#room -= length;
    const bytes = this.#bytes.subarray(0, length);
    if (!this.#old.copy(oldAt, bytes)) await this.#old.fill(oldAt, bytes);
    if (this.#mode === 0) {
      await this.#differences.patch(bytes);
      return bytes;
    }
    const difference = this.#difference.subarray(0, length).fill(0);
    await this.#differences.patch(difference);
    this.#truth.bytes = bytes;
    this.#truth.differences = difference;
    this.#predictor.predict(bytes, this.#mode, oldAt, newAt, this.#truth);
    for (let at = 0; at < length; at++) bytes[at] = (bytes[at] as number) + (difference[at] as number);
    return bytes;
  }

  finish(): void {
    this.#differences.finish();
    this.#modes.finish();
  }
}

/** Reads what prediction needs before the first step: its parameters, and all controls once for the match map. */
export async function openPredictor(
  header: DeltaHeader,
  oldLength: number,
  newLength: number,
  open: (name: SectionName) => Promise<SectionReader>,
  controls: Controls,
): Promise<Predictor> {
  const section = await open('prediction');
  const bytes = await section.all(PREDICTION_MAX);
  const oldAt: number[] = [];
  const add: number[] = [];
  const newAt: number[] = [];
  let at = 0;
  for (let step = 0; step < header.steps; step++) {
    const control = await controls.next(oldLength, newLength - at);
    if (control.add > 0) {
      oldAt.push(control.from);
      add.push(control.add);
      newAt.push(at);
    }
    at += control.add + control.insert;
  }
  if (at < newLength) throw invalid('it ends before the new image does');
  const map = new MatchMap(Float64Array.from(oldAt), Float64Array.from(add), Float64Array.from(newAt));
  return new Predictor(decodePrediction(bytes), map, header);
}
