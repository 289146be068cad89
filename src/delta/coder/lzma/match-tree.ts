import { viewOf } from '../../match/extend.ts';
import { ZeroRows } from './zero-rows.ts';

/** Places are remembered by 2, 3 and 4 bytes; the largest table that 4 bytes get has 2^24 entries. */
const HASH2 = 2 ** 10;
const HASH3 = 2 ** 16;

const CRC = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  return value >>> 0;
});

export interface TreeOptions {
  /** No match reaches further back. */
  readonly dictionary: number;
  /** Matches are not followed beyond so many bytes. */
  readonly nice: number;
  /** Nodes that are looked at for one place. */
  readonly depth: number;
  /** Bytes that the largest table is made for. */
  readonly expected: number;
  /** Whether most of the data is zeros: then the insides of long rows of them are not looked at. */
  readonly sparse?: boolean;
}

/**
 * Finds, place by place, the nearest match of each length, with binary trees of earlier places ordered by what follows
 * them, one tree for each hash of 4 bytes.
 */
export class MatchTree {
  readonly data: Uint8Array;
  readonly words: DataView;
  /** The next place that is looked at. */
  at = 0;
  readonly #hash2 = new Int32Array(HASH2);
  readonly #hash3 = new Int32Array(HASH3);
  readonly #hash4: Int32Array;
  /** Two for each place in the window: where what follows is smaller, and where it is larger. */
  readonly #sons: Int32Array;
  readonly #window: number;
  readonly #nice: number;
  readonly #depth: number;
  readonly #rows: ZeroRows | undefined;
  /** The place of `at` in the window. */
  #slot = 0;

  constructor(data: Uint8Array, { dictionary, nice, depth, expected, sparse }: TreeOptions) {
    this.data = data;
    this.words = viewOf(data);
    // A window larger than the data would never be used.
    this.#window = Math.min(dictionary, data.length) + 1;
    this.#nice = nice;
    this.#depth = depth;
    this.#rows = sparse ? new ZeroRows(data) : undefined;
    this.#hash4 = new Int32Array(hashSize(Math.min(dictionary, expected)));
    this.#sons = new Int32Array(2 * this.#window);
  }

  /** Bytes from the next place on. */
  get left(): number {
    return this.data.length - this.at;
  }

  /** How many zeros follow where the next place is deep inside a row of them that is not looked at, else 0. */
  get zeros(): number {
    return this.#rows ? this.#rows.leftAt(this.at) : 0;
  }

  /**
   * Looks at the next place, and writes length and distance less 1 of its matches, each longer than the one before, which
   * is nearer. Gives how many numbers it wrote.
   */
  find(matches: Int32Array): number {
    const limit = Math.min(this.#nice, this.left);
    if (limit < 4) {
      this.#move();
      return 0;
    }
    const { data, at, zeros } = this;
    if (zeros > 0) {
      matches[0] = Math.min(limit, zeros);
      matches[1] = 0;
      this.#move();
      return 2;
    }
    const place = at + this.#window;
    const second = (CRC[data[at] as number] as number) ^ (data[at + 1] as number);
    const third = second ^ ((data[at + 2] as number) << 8);
    const near2 = place - (this.#hash2[second & (HASH2 - 1)] as number);
    const near3 = place - (this.#hash3[third & (HASH3 - 1)] as number);
    const start = this.#enter(place, second, third);
    let count = 0;
    let longest = 0;
    let near = near2;
    if (near2 < this.#window && data[at - near2] === data[at]) {
      longest = 2;
      matches[1] = near2 - 1;
      count = 2;
    }
    if (near2 !== near3 && near3 < this.#window && data[at - near3] === data[at]) {
      longest = 3;
      matches[count + 1] = near3 - 1;
      count += 2;
      near = near3;
    }
    if (count > 0) {
      while (longest < limit && data[at - near + longest] === data[at + longest]) longest++;
      matches[count - 2] = longest;
      if (count === 4) matches[0] = 2;
      if (longest === limit) {
        this.#insert(start, limit, matches, -1, limit);
        this.#move();
        return count;
      }
    }
    count = this.#insert(start, limit, matches, count, Math.max(3, longest));
    this.#move();
    return count;
  }

  /** Passes by so many places, which are found later all the same. */
  skip(places: number): void {
    for (let left = places; left > 0; left--) {
      const limit = Math.min(this.#nice, this.left);
      if (limit >= 4 && this.zeros === 0) {
        const { data, at } = this;
        const second = (CRC[data[at] as number] as number) ^ (data[at + 1] as number);
        const third = second ^ ((data[at + 2] as number) << 8);
        this.#insert(this.#enter(at + this.#window, second, third), limit, NONE, -1, limit);
      }
      this.#move();
    }
  }

  /** Remembers the place; gives the last one with the same hash of 4 bytes. */
  #enter(place: number, second: number, third: number): number {
    const last = CRC[this.data[this.at + 3] as number] as number;
    const fourth = (third ^ (last << 5)) & (this.#hash4.length - 1);
    const start = this.#hash4[fourth] as number;
    this.#hash2[second & (HASH2 - 1)] = place;
    this.#hash3[third & (HASH3 - 1)] = place;
    this.#hash4[fourth] = place;
    return start;
  }

  /**
   * Makes the place the root of its tree. On the way, writes matches longer than `longest` after the `count` that are
   * there, unless that is -1.
   */
  #insert(start: number, limit: number, matches: Int32Array, count: number, longest: number): number {
    const data = this.data;
    const words = this.words;
    const sons = this.#sons;
    const at = this.at;
    const window = this.#window;
    const slot = this.#slot;
    const place = at + window;
    let written = count;
    let best = longest;
    let smaller = 2 * slot;
    let larger = smaller + 1;
    let lengthSmaller = 0;
    let lengthLarger = 0;
    let other = start;
    for (let depth = this.#depth; ; depth--) {
      const distance = place - other;
      if (depth === 0 || distance >= window) {
        sons[smaller] = 0;
        sons[larger] = 0;
        return written;
      }
      const son = 2 * (slot - distance + (distance > slot ? window : 0));
      const from = at - distance;
      let length = Math.min(lengthSmaller, lengthLarger);
      while (length + 4 <= limit && words.getInt32(from + length) === words.getInt32(at + length))
        length += 4;
      while (length < limit && data[from + length] === data[at + length]) length++;
      if (best < length && written >= 0) {
        best = length;
        matches[written++] = length;
        matches[written++] = distance - 1;
      }
      if (length === limit) {
        sons[smaller] = sons[son] as number;
        sons[larger] = sons[son + 1] as number;
        return written;
      }
      if ((data[from + length] as number) < (data[at + length] as number)) {
        sons[smaller] = other;
        smaller = son + 1;
        other = sons[smaller] as number;
        lengthSmaller = length;
      } else {
        sons[larger] = other;
        larger = son;
        other = sons[larger] as number;
        lengthLarger = length;
      }
    }
  }

  #move(): void {
    this.at++;
    if (++this.#slot === this.#window) this.#slot = 0;
  }
}

const NONE = new Int32Array(0);

/** Half the power of two that holds them, at least 2^16 and at most 2^24. */
function hashSize(bytes: number): number {
  const bits = bytes <= 1 ? 0 : 32 - Math.clz32(bytes - 1);
  const size = Math.max(2 ** 16, 2 ** (bits - 1));
  return size > 2 ** 24 ? size / 2 : size;
}
