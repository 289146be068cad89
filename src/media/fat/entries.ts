import { LABEL } from './directory.ts';
import { ENTRY, LAST_LONG, LONG_NAME, shortNameSum, UNIT_OFFSETS } from './names.ts';

const DELETED = 0xe5;
const ATTRIBUTES = 0x3f;
const FOLDER_BIT = 0x10;
/** Bits that Windows sets where a short name stands for one in small letters. */
const SMALL_STEM = 0x08;
const SMALL_EXTENSION = 0x10;

/** A file or folder as its entry in a folder says, nothing of which is checked. */
export interface Found {
  readonly name: string;
  readonly folder: boolean;
  readonly cluster: number;
  /** Bytes of a file. */
  readonly length: number;
}

/** What is in a folder. A long name that does not belong to the entry after it is passed over, as systems do. */
export function* readEntries(bytes: Uint8Array): Generator<Found> {
  let long = new LongName();
  for (let at = 0; at + ENTRY <= bytes.length; at += ENTRY) {
    const entry = Buffer.from(bytes.buffer, bytes.byteOffset + at, ENTRY);
    if (entry[0] === 0) return;
    const attributes = (entry[11] ?? 0) & ATTRIBUTES;
    if (entry[0] !== DELETED && attributes === LONG_NAME) {
      long.add(entry);
      continue;
    }
    const name = long.of(entry) ?? shortName(entry);
    long = new LongName();
    if (entry[0] === DELETED || (attributes & LABEL) !== 0 || name === '.' || name === '..') continue;
    yield {
      name,
      folder: (attributes & FOLDER_BIT) !== 0,
      cluster: (((entry.readUInt16LE(20) << 16) | entry.readUInt16LE(26)) & 0x0fffffff) >>> 0,
      length: entry.readUInt32LE(28),
    };
  }
}

function shortName(entry: Buffer): string {
  const bits = entry[12] ?? 0;
  const part = (start: number, end: number, small: boolean): string => {
    const text = entry.toString('latin1', start, end).trimEnd();
    return small ? text.toLowerCase() : text;
  };
  const stem = part(0, 8, (bits & SMALL_STEM) !== 0);
  const extension = part(8, 11, (bits & SMALL_EXTENSION) !== 0);
  return extension === '' ? stem : `${stem}.${extension}`;
}

/** A long name that is put together from its entries, the last of which comes first. */
class LongName {
  #parts: string[] = [];
  /** The number that the next entry must have; 0 where the name is whole, below where there is none. */
  #next = -1;
  #sum = 0;

  add(entry: Buffer): void {
    const number = entry[0] ?? 0;
    if ((number & LAST_LONG) !== 0) {
      this.#parts = [];
      this.#next = number & (LAST_LONG - 1);
      this.#sum = entry[13] ?? 0;
    } else if (number !== this.#next || entry[13] !== this.#sum) this.#next = -1;
    if (this.#next < 1) {
      this.#next = -1;
      return;
    }
    const units = UNIT_OFFSETS.map((offset) => entry.readUInt16LE(offset));
    const end = units.indexOf(0);
    this.#parts.unshift(String.fromCharCode(...(end < 0 ? units : units.slice(0, end))));
    this.#next -= 1;
  }

  /** The name, where it is whole and that of the entry. */
  of(entry: Buffer): string | undefined {
    const whole = this.#next === 0 && this.#sum === shortNameSum(entry.subarray(0, 11));
    return whole ? this.#parts.join('') : undefined;
  }
}
