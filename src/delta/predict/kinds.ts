import { arm64 } from './arm64.ts';
import { absolute32, absolute64, relative32 } from './pointers.ts';
import type { Cell, References, Truth } from './references.ts';
import { thumb } from './thumb.ts';
import { x86 } from './x86.ts';

/** The kinds of references that are predicted, as the format numbers them from 1 on. */
export const KINDS = ['thumb', 'thumb-words', 'arm64', 'x86-64', 'word32', 'word64', 'relative32'] as const;
export type Kind = (typeof KINDS)[number];

/** How the references of a block are read: of which kind they are, and what is added to a word that is an address. */
export interface Mode {
  readonly kind: Kind;
  /** Of `thumb-words` and `word32`; 0 for every other kind. */
  readonly base: number;
}

type Predict = (cell: Cell, references: References, truth: Truth | undefined, base: number) => void;

const PREDICT: Readonly<Record<Kind, Predict>> = {
  thumb: (cell, references, truth) => thumb(cell, references, truth),
  'thumb-words': thumb,
  arm64,
  'x86-64': x86,
  word32: absolute32,
  word64: absolute64,
  relative32,
};

/** Turns the old bytes of a cell into what its new ones are thought to be. With `truth` it learns where that is wrong. */
export function predictCell({ kind, base }: Mode, cell: Cell, references: References, truth?: Truth): void {
  PREDICT[kind](cell, references, truth, base);
}
