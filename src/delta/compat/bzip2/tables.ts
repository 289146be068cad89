import { codeLengths } from './code-lengths.ts';
import type { Symbols } from './symbols.ts';

/** Symbols that are coded by one table. */
export const GROUP = 50;
const ROUNDS = 4;

export interface Tables {
  readonly lengths: readonly Uint8Array[];
  /** The table of each group. */
  readonly selectors: Uint8Array;
}

const HOW_MANY: readonly (readonly [symbols: number, tables: number])[] = [
  [200, 2],
  [600, 3],
  [1200, 4],
  [2400, 5],
  [Number.POSITIVE_INFINITY, 6],
];

/** Prefix codes for a block, as libbz2 finds them: each group takes the table that codes it shortest, and tables follow their groups. */
export function findTables({ symbols, alphabet }: Symbols): Tables {
  const [, tables] = HOW_MANY.find(([most]) => symbols.length < most) ?? [0, 6];
  let lengths = firstTables(symbols, alphabet, tables);
  const selectors = new Uint8Array(Math.ceil(symbols.length / GROUP));
  for (let round = 0; round < ROUNDS; round++) {
    const counts = lengths.map(() => new Float64Array(alphabet));
    for (let group = 0; group < selectors.length; group++) {
      const part = symbols.subarray(group * GROUP, (group + 1) * GROUP);
      const table = shortest(part, lengths);
      selectors[group] = table;
      const count = counts[table] as Float64Array;
      for (const symbol of part) count[symbol] = (count[symbol] as number) + 1;
    }
    lengths = counts.map(codeLengths);
  }
  return { lengths, selectors };
}

function shortest(part: Uint16Array, lengths: readonly Uint8Array[]): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let table = 0; table < lengths.length; table++) {
    const length = lengths[table] as Uint8Array;
    let cost = 0;
    for (let i = 0; i < part.length; i++) cost += length[part[i] as number] as number;
    if (cost >= least) continue;
    least = cost;
    best = table;
  }
  return best;
}

/** At first each table is for an equal share of what there is. */
function firstTables(symbols: Uint16Array, alphabet: number, tables: number): Uint8Array[] {
  const counts = new Float64Array(alphabet);
  for (const symbol of symbols) counts[symbol] = (counts[symbol] as number) + 1;
  const lengths: Uint8Array[] = [];
  let start = 0;
  let left = symbols.length;
  for (let more = tables; more > 0; more--) {
    let end = start;
    let share = 0;
    while (share < left / more && end < alphabet) share += counts[end++] as number;
    const [from, to] = [start, end];
    lengths.push(
      Uint8Array.from({ length: alphabet }, (_, symbol) => (symbol >= from && symbol < to ? 0 : 15)),
    );
    start = end;
    left -= share;
  }
  return lengths;
}
