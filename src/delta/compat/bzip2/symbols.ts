/** A transformed block as symbols: runs of the front byte as digits 0 and 1, other bytes by their place, and an end. */
export interface Symbols {
  readonly symbols: Uint16Array;
  /** Bytes that are in the block, rising. */
  readonly used: readonly number[];
  /** How many different symbols there may be; the last one is the end. */
  readonly alphabet: number;
}

/** Moves each byte to the front as it comes, and writes runs of the front byte as numbers. */
export function symbolsOf(bytes: Uint8Array): Symbols {
  const seen = new Uint8Array(256);
  for (const byte of bytes) seen[byte] = 1;
  const used = Array.from(seen.keys()).filter((byte) => seen[byte] === 1);
  const front = Uint8Array.from(used);
  const symbols = new Uint16Array(bytes.length + 1);
  let count = 0;
  let run = 0;
  const endRun = () => {
    // Digits 1 and 2 of base 2, the lowest first.
    for (let left = run; left > 0; left = (left - 1) >> 1) symbols[count++] = (left - 1) & 1;
    run = 0;
  };
  for (const byte of bytes) {
    if (byte === front[0]) {
      run++;
      continue;
    }
    endRun();
    let place = 1;
    while (front[place] !== byte) place++;
    front.copyWithin(1, 0, place);
    front[0] = byte;
    symbols[count++] = place + 1;
  }
  endRun();
  symbols[count++] = used.length + 1;
  return { symbols: symbols.subarray(0, count), used, alphabet: used.length + 2 };
}
