import { invalid } from '../invalid.ts';
import { Cursor, putVarint, VARINT_MAX } from '../varint.ts';
import { KINDS, type Mode } from './kinds.ts';
import type { Part } from './layout.ts';

/** What prediction has to know: docs/formats/delta.md, "Prediction". */
export interface Prediction {
  readonly modes: readonly Mode[];
  readonly old: readonly Part[];
  readonly new: readonly Part[];
}

/** The most bytes that the section may have. */
export const PREDICTION_MAX = 2 ** 20;

export function encodePrediction(prediction: Prediction): Uint8Array {
  const { modes } = prediction;
  const parts = [...prediction.old, ...prediction.new];
  const bytes = new Uint8Array(1 + VARINT_MAX * (2 * modes.length + 5 * parts.length + 2));
  bytes[0] = modes.length;
  let at = 1;
  for (const { kind, base } of modes)
    at = putVarint(bytes, putVarint(bytes, at, KINDS.indexOf(kind) + 1), base);
  for (const list of [prediction.old, prediction.new]) {
    at = putVarint(bytes, at, list.length);
    for (const { program, offset, length, memory, address } of list) {
      for (const value of [program, offset, length, memory, address]) at = putVarint(bytes, at, value);
    }
  }
  return bytes.subarray(0, at);
}

/** @throws OtaError `delta-invalid` */
export function decodePrediction(bytes: Uint8Array): Prediction {
  const cursor = new Cursor(bytes);
  const [count = 0] = cursor.take(1) ?? [];
  const next = (): number => {
    const value = cursor.varint();
    if (value === undefined) throw invalid('what it predicts from is damaged');
    return value;
  };
  const modes = Array.from({ length: count }, (): Mode => {
    const kind = KINDS[next() - 1];
    const base = next();
    if (!kind) throw invalid('a kind of reference is not known');
    return { kind, base };
  });
  const parts = (): Part[] => {
    const list: Part[] = [];
    for (let left = next(); left > 0; left--) {
      const [program, offset, length, memory, address] = [next(), next(), next(), next(), next()] as const;
      if (length > memory || Math.max(offset, address) + memory > ADDRESS_END) {
        throw invalid('a part of an image lies nowhere');
      }
      list.push({ program, offset, length, memory, address });
    }
    return list;
  };
  const prediction = { modes, old: parts(), new: parts() };
  if (cursor.left > 0) throw invalid('what it predicts from goes on after its end');
  return prediction;
}

/** Past every address and place: sums of them stay safe integers. */
const ADDRESS_END = 2 ** 50;
