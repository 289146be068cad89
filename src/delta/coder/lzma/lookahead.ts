import { MOST_LENGTH } from './length-prices.ts';
import type { MatchTree } from './match-tree.ts';

/** The data, and the matches of places that are not coded yet. */
export class Lookahead {
  readonly data: Uint8Array;
  /** Length and distance less 1 of each match that the last look-up gave, a longer and further one after a nearer. */
  readonly matches = new Int32Array(2 * MOST_LENGTH + 4);
  /** How many numbers those are. */
  count = 0;
  /** Bytes from the place of the last look-up on. */
  left = 0;
  readonly nice: number;
  readonly #tree: MatchTree;
  #places = 0;

  /** From `nice` bytes on a match is as long as it gets. */
  constructor(tree: MatchTree, nice: number) {
    this.data = tree.data;
    this.nice = nice;
    this.#tree = tree;
  }

  /** Places that were looked up and are not coded. */
  get places(): number {
    return this.#places;
  }

  /** Whether the next place is not worth being looked up. */
  get dull(): boolean {
    return this.#tree.zeros > 0;
  }

  coded(bytes: number): void {
    this.#places -= bytes;
  }

  skip(places: number): void {
    this.#places += places;
    this.#tree.skip(places);
  }

  /** Looks the next place up; gives the length of its longest match, 0 where it has none. */
  next(): number {
    const { at, left } = this.#tree;
    this.#places++;
    this.left = left;
    this.count = this.#tree.find(this.matches);
    if (this.count === 0) return 0;
    const length = this.matches[this.count - 2] as number;
    if (length < this.nice) return length;
    return this.run(at, (this.matches[this.count - 1] as number) + 1, length, Math.min(left, MOST_LENGTH));
  }

  /** How many bytes at a place are those so far before it, up to a limit; `from` of them are known to be. */
  run(at: number, distance: number, from: number, limit: number): number {
    const data = this.data;
    const back = at - distance;
    const words = this.#tree.words;
    let length = from;
    while (length + 4 <= limit && words.getInt32(at + length) === words.getInt32(back + length)) length += 4;
    while (length < limit && data[at + length] === data[back + length]) length++;
    return length;
  }
}
