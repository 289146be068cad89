import { equalBytes } from '../../src/core/bytes.ts';
import { OtaError } from '../../src/core/errors.ts';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';

/** A reader of bytes from outside. */
export interface Target {
  readonly name: string;
  /** The most bytes of an input. */
  readonly maxBytes: number;
  /** Runs of the short test: as many as take about half a second. */
  readonly shortRuns: number;
  /**
   * Reads an input. That it is read or refused with an `OtaError` is right; whatever else is thrown is a finding, also what this
   * throws itself where something that was read does not hold.
   */
  run(input: Uint8Array): void | Promise<void>;
}

export interface Finding {
  readonly input: Uint8Array;
  readonly error: unknown;
}

/** What was read must be written as it stood, or as the one spelling that there is. */
export function same(what: string, one: Uint8Array, other: Uint8Array): void {
  if (!equalBytes(one, other)) throw new Error(`${what} is not written as it was read`);
}

/** Reads one input; gives what is wrong, if anything. */
export async function findingOf(target: Target, input: Uint8Array): Promise<Finding | undefined> {
  try {
    await target.run(input);
    return undefined;
  } catch (error) {
    return error instanceof OtaError ? undefined : { input, error };
  }
}

/** Reads the corpus, then mutants of it for as long as `more` says so, up to the first finding. */
export async function fuzz(
  target: Target,
  corpus: readonly Uint8Array[],
  random: Random,
  more: (input: Uint8Array) => boolean,
): Promise<Finding | undefined> {
  for (const input of corpus) {
    const finding = await findingOf(target, input);
    if (finding) return finding;
  }
  for (;;) {
    const input = mutate(corpus, random, target.maxBytes);
    if (!more(input)) return undefined;
    const finding = await findingOf(target, input);
    if (finding) return finding;
  }
}
