/** A part of an image that is in memory at `address` when it runs; addresses count modulo 2^48. */
export interface Part {
  /** Parts of one program have one number: references lead from one to another. */
  readonly program: number;
  readonly offset: number;
  /** Bytes in the image, and in memory, where more may follow that are in no file. */
  readonly length: number;
  readonly memory: number;
  readonly address: number;
}

/** Where the parts of an image are in memory. */
export class Layout {
  readonly #byOffset: readonly Part[];
  readonly #programs: ReadonlyMap<number, readonly Part[]>;

  constructor(parts: readonly Part[]) {
    this.#byOffset = parts.filter(({ length }) => length > 0).sort((a, b) => a.offset - b.offset);
    const programs = new Map<number, Part[]>();
    for (const part of parts) {
      const of = programs.get(part.program) ?? [];
      of.push(part);
      programs.set(part.program, of);
    }
    this.#programs = programs;
  }

  /** The part that holds a byte of the image. */
  at(offset: number): Part | undefined {
    const parts = this.#byOffset;
    let low = 0;
    let high = parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((parts[middle] as Part).offset <= offset) low = middle;
      else high = middle - 1;
    }
    const part = parts[low];
    return part && part.offset <= offset && offset - part.offset < part.length ? part : undefined;
  }

  /** The part of a program that is at an address. */
  find(program: number, address: number): Part | undefined {
    const parts = this.#programs.get(program);
    if (parts) {
      for (const part of parts) {
        const inside = address - part.address;
        if (inside >= 0 && inside < part.memory) return part;
      }
    }
    return undefined;
  }
}
