/** Where a row of zeros begins and ends, matches are looked for: there is what tells rows apart. */
const BEGINS = 4;
const ENDS = 48;

/**
 * Long rows of zeros in data. Deep inside one no match is looked for: one that starts there starts nearer to the row's end as
 * well, which costs one symbol more: some 0.4 % of what comes out of the differences of kernels.
 */
export class ZeroRows {
  readonly #data: Uint8Array;
  #start = 0;
  #end = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
  }

  /** How many zeros follow from deep inside a row on, 0 for any other place. No place may be passed over. */
  leftAt(place: number): number {
    if (place >= this.#end) {
      const data = this.#data;
      if (data[place] !== 0) return 0;
      let end = place + 1;
      while (data[end] === 0) end++;
      this.#start = place;
      this.#end = end;
    }
    const left = this.#end - place;
    return left > ENDS && place - this.#start >= BEGINS ? left : 0;
  }
}

/** Which part of some bytes lies in rows of zeros that are long enough for most of them to be passed over. */
export function partInRows(pieces: readonly Uint8Array[]): number {
  let inside = 0;
  let length = 0;
  for (const piece of pieces) {
    length += piece.length;
    let row = 0;
    for (const byte of piece) {
      row = byte === 0 ? row + 1 : 0;
      if (row > BEGINS + ENDS) inside++;
    }
  }
  return length === 0 ? 0 : inside / length;
}
