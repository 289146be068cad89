import type { Seconds } from '../../core/time.ts';

export const BLOCK_BYTES = 512;
/** What eleven octal digits hold; larger sizes have several forms in tar. */
export const MAX_ENTRY_BYTES = 0o77777777777;
/** What the archive writer keeps of a time: 2038-01-19. */
export const MAX_MTIME: Seconds = 2 ** 31 - 1;

export interface Entry {
  readonly path: string;
  /** Bytes. */
  readonly length: number;
}

/** Zero bytes after an entry's content, up to the next block. */
export const paddingOf = (length: number): number => (BLOCK_BYTES - (length % BLOCK_BYTES)) % BLOCK_BYTES;

/**
 * The one header that an entry has: POSIX ustar (IEEE 1003.1, pax, "ustar Interchange Format"), a regular file with mode 0644,
 * user and group 0 without names. A path that has no room there, which none of a bundle is, stands in a pax header before it.
 * A reader builds it again and compares, so that no byte of a header is free.
 *
 * @param entry its path in ASCII
 */
export function entryHeader({ path, length }: Entry, mtime: Seconds): Uint8Array {
  const split = splitPath(path);
  if (split !== undefined) return ustarHeader(split, length, mtime, '0');
  const record = paxRecord(path);
  const bare = { prefix: '', name: PAX_NAME };
  return Buffer.concat([
    ustarHeader(bare, record.length, mtime, PAX_TYPE),
    record,
    Buffer.alloc(paddingOf(record.length)),
    ustarHeader(bare, length, mtime, '0'),
  ]);
}

interface SplitPath {
  readonly prefix: string;
  readonly name: string;
}

const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
/** The name of an entry whose path stands in a pax header, and of that. */
const PAX_NAME = 'PaxHeader';
export const PAX_TYPE = 'x';

/** A path as the two fields of ustar: as little as can be in the first. */
function splitPath(path: string): SplitPath | undefined {
  let slash = -1;
  while (path.length - slash - 1 > NAME_BYTES) {
    slash = path.indexOf('/', slash + 1);
    if (slash < 0) return undefined;
  }
  return slash > PREFIX_BYTES
    ? undefined
    : { prefix: path.slice(0, Math.max(0, slash)), name: path.slice(slash + 1) };
}

/** A pax record, which starts with its own length. */
function paxRecord(path: string): Uint8Array {
  const rest = ` path=${path}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.from(`${length}${rest}`, 'latin1');
}

function ustarHeader({ prefix, name }: SplitPath, length: number, mtime: Seconds, type: string): Uint8Array {
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(name, 0, NAME_BYTES, 'latin1');
  header.write(octal(0o644, 6), 100);
  header.write(octal(0, 6), 108);
  header.write(octal(0, 6), 116);
  header.write(octal(length, 11), 124);
  header.write(octal(mtime, 11), 136);
  header.write(type, 156);
  header.write('ustar\u000000', 257);
  header.write(octal(0, 6), 329);
  header.write(octal(0, 6), 337);
  header.write(prefix, 345, PREFIX_BYTES, 'latin1');
  header.write(octal(checksum(header), 6), 148);
  return new Uint8Array(header);
}

const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')} `;

/** The sum of all bytes, those of the checksum itself counted as eight spaces. */
function checksum(header: Uint8Array): number {
  let sum = 8 * 0x20;
  for (const [index, byte] of header.entries()) if (index < 148 || index >= 156) sum += byte;
  return sum;
}

/** Bytes and time of an entry. */
export interface HeaderNumbers {
  readonly length: number;
  readonly mtime: Seconds;
}

/**
 * Size and time of a header, as it says; whether it is one is for the comparison with `entryHeader` to say. `undefined` for
 * numbers in another form than octal digits.
 */
export function readNumbers(header: Uint8Array): HeaderNumbers | undefined {
  const [length, mtime] = [readOctal(header, 124), readOctal(header, 136)];
  return length === undefined || mtime === undefined ? undefined : { length, mtime };
}

function readOctal(header: Uint8Array, at: number): number | undefined {
  const text = Buffer.from(header.buffer, header.byteOffset + at, 12).toString('latin1');
  return /^[0-7]{11} $/.test(text) ? Number.parseInt(text, 8) : undefined;
}

/** The path of a header of one block, as it says, and the kind of entry that it is. */
export function readPath(header: Uint8Array): { readonly path: string; readonly type: string } {
  const text = Buffer.from(header).toString('latin1');
  const field = (start: number, length: number): string =>
    text.slice(start, start + length).split('\0', 1)[0] ?? '';
  const [prefix, name] = [field(345, PREFIX_BYTES), field(0, NAME_BYTES)];
  return { path: prefix === '' ? name : `${prefix}/${name}`, type: text[156] ?? '' };
}

const KINDS: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a device',
  '4': 'a device',
  '5': 'a directory',
  '6': 'a pipe',
  x: 'a pax header',
  g: 'a pax header',
  L: 'a long name',
  K: 'a long link',
};

/** The path of a pax header's content, `undefined` where it is not the one record that `entryHeader` writes. */
export function readPaxPath(content: Uint8Array): string | undefined {
  const path = /^\d+ path=([\x20-\x7e]+)\n$/.exec(Buffer.from(content).toString('latin1'))?.[1];
  return path !== undefined && Buffer.compare(paxRecord(path), content) === 0 ? path : undefined;
}

/** What stands where another header should, for a message. */
export function describeHeader(header: Uint8Array): string {
  if (header.every((byte) => byte === 0)) return 'the archive ends';
  const { path, type } = readPath(header);
  const kind = KINDS[type] ?? 'a file';
  return `${kind} ${JSON.stringify(path)} stands`;
}
