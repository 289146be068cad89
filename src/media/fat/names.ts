import { OtaError } from '../../core/errors.ts';

export const ENTRY = 32;
/** A long name has at most so many UTF-16 units. */
const MAX_NAME = 255;
const UNITS_PER_ENTRY = 13;
/** Where the units of a long name lie in its entries. */
export const UNIT_OFFSETS: readonly number[] = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];
export const LONG_NAME = 0x0f;
export const LAST_LONG = 0x40;

/** Names that Windows keeps for devices, whatever their extension. */
const DEVICES = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;
const SAFE = /^[A-Za-z0-9._%-]+$/;

/**
 * A name of one file or folder that every system which reads FAT takes as it stands.
 *
 * @throws OtaError `name-invalid`
 */
export function checkFatName(name: string, where: string): string {
  const fault = faultOf(name);
  if (fault === undefined) return name;
  throw new OtaError(
    'name-invalid',
    `${JSON.stringify(name)} cannot be the name of a file on a stick: ${fault}`,
    {
      where,
      hint: 'Put it on a folder or into a .tar, or give what it is named after another name.',
    },
  );
}

function faultOf(name: string): string | undefined {
  if (!SAFE.test(name)) return 'it has characters other than A-Z, a-z, 0-9, ".", "_", "%" and "-"';
  if (name.length > MAX_NAME) return `it has more than ${MAX_NAME} characters`;
  if (name.endsWith('.')) return 'it ends with a dot';
  return DEVICES.test(name) ? 'Windows keeps it for a device' : undefined;
}

/** Gives every name of one folder a short one (8.3), the same for the same names in the same order. */
export class ShortNames {
  readonly #taken = new Set<string>();
  readonly #next = new Map<string, number>();

  /** Eleven characters: eight and three, filled with spaces. */
  add(name: string): string {
    const { stem, extension, exact } = split(name.toUpperCase());
    const plain = padded(stem, extension);
    if (exact && !this.#taken.has(plain)) return this.#take(plain);
    for (let number = this.#next.get(plain) ?? 1; ; number += 1) {
      const tail = `~${number}`;
      const short = padded(`${stem.slice(0, 8 - tail.length)}${tail}`, extension);
      if (this.#taken.has(short)) continue;
      this.#next.set(plain, number + 1);
      return this.#take(short);
    }
  }

  #take(short: string): string {
    this.#taken.add(short);
    return short;
  }
}

function split(upper: string): {
  readonly stem: string;
  readonly extension: string;
  readonly exact: boolean;
} {
  const dot = upper.lastIndexOf('.');
  const before = dot > 0 ? upper.slice(0, dot) : upper;
  const extension = dot > 0 ? upper.slice(dot + 1) : '';
  const stem = before.replaceAll('.', '');
  return {
    stem: stem.slice(0, 8) || '_',
    extension: extension.slice(0, 3),
    exact: stem === before && stem.length <= 8 && extension.length <= 3,
  };
}

const padded = (stem: string, extension: string): string => stem.slice(0, 8).padEnd(8) + extension.padEnd(3);

/** The sum of a short name's bytes that ties a long one to it. */
export function shortNameSum(short: Uint8Array): number {
  let sum = 0;
  for (const byte of short) sum = (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff;
  return sum;
}

/** How many entries a file of that name takes in its folder, as many as of any name of that length. */
export const entriesOf = (name: string): number => 1 + Math.ceil(name.length / UNITS_PER_ENTRY);

/** The entries of a long name, which stand before that of the file, the last of them first. */
export function longNameEntries(name: string, short: Uint8Array): Uint8Array {
  const count = Math.ceil(name.length / UNITS_PER_ENTRY);
  const bytes = Buffer.alloc(count * ENTRY);
  const sum = shortNameSum(short);
  for (let number = count; number > 0; number -= 1) {
    const at = (count - number) * ENTRY;
    bytes[at] = number === count ? number | LAST_LONG : number;
    bytes[at + 11] = LONG_NAME;
    bytes[at + 13] = sum;
    for (const [index, offset] of UNIT_OFFSETS.entries()) {
      const unit = (number - 1) * UNITS_PER_ENTRY + index;
      // After the name one zero, then all ones.
      bytes.writeUInt16LE(
        unit < name.length ? name.charCodeAt(unit) : unit === name.length ? 0 : 0xffff,
        at + offset,
      );
    }
  }
  return bytes;
}
