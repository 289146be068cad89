/** The kinds of instructions: RFC 3284, section 5.4. */
export const NOOP = 0;
export const ADD = 1;
export const RUN = 2;
export const COPY = 3;

export interface Instruction {
  readonly kind: typeof NOOP | typeof ADD | typeof RUN | typeof COPY;
  /** Bytes; 0 where the size stands by itself. */
  readonly size: number;
  /** How a COPY tells its address. */
  readonly mode: number;
}

export interface Code {
  readonly first: Instruction;
  readonly second: Instruction;
}

export const MODES = 9;
const NONE: Instruction = { kind: NOOP, size: 0, mode: 0 };
const add = (size: number): Instruction => ({ kind: ADD, size, mode: 0 });
const copy = (size: number, mode: number): Instruction => ({ kind: COPY, size, mode });

/** The default code table: RFC 3284, section 5.6. */
export const CODES: readonly Code[] = [...codes()];

function* codes(): Generator<Code> {
  const modes = Array.from({ length: MODES }, (_, mode) => mode);
  yield { first: { kind: RUN, size: 0, mode: 0 }, second: NONE };
  for (let size = 0; size <= 17; size++) yield { first: add(size), second: NONE };
  for (const mode of modes) {
    yield { first: copy(0, mode), second: NONE };
    for (let size = 4; size <= 18; size++) yield { first: copy(size, mode), second: NONE };
  }
  for (const mode of modes) {
    for (let size = 1; size <= 4; size++)
      for (let copied = 4; copied <= (mode < 6 ? 6 : 4); copied++)
        yield { first: add(size), second: copy(copied, mode) };
  }
  for (const mode of modes) yield { first: copy(4, mode), second: add(1) };
}

const keyOf = ({ kind, size, mode }: Instruction): number => (kind * 32 + size) * 16 + mode;
const SINGLE = new Map<number, number>();
const PAIRS = new Map<number, number>();
CODES.forEach(({ first, second }, code) => {
  if (second.kind === NOOP) SINGLE.set(keyOf(first), code);
  else PAIRS.set(keyOf(first) * 2048 + keyOf(second), code);
});

/** The code of an instruction, with its size in it where the table has that. */
export function codeOf(
  kind: Instruction['kind'],
  size: number,
  mode: number,
): { code: number; sized: boolean } {
  const sized = size < 32 && size > 0 ? SINGLE.get(keyOf({ kind, size, mode })) : undefined;
  if (sized !== undefined) return { code: sized, sized: true };
  return { code: SINGLE.get(keyOf({ kind, size: 0, mode })) as number, sized: false };
}

/** The code of two instructions in a row, where the table has one. */
export function codeOfPair(first: Instruction, second: Instruction): number | undefined {
  if (first.size >= 32 || second.size >= 32) return undefined;
  return PAIRS.get(keyOf(first) * 2048 + keyOf(second));
}
