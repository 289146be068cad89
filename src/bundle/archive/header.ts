import { OtaError } from '../../core/errors.ts';
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
 * The one header that an entry of a bundle has: POSIX ustar (IEEE 1003.1, pax, "ustar Interchange Format"), a regular file with
 * mode 0644, user and group 0 without names. A reader builds it again and compares, so that no byte of a header is free.
 */
export function entryHeader({ path, length }: Entry, mtime: Seconds): Uint8Array {
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(path, 0, 100, 'latin1');
  header.write(octal(0o644, 6), 100);
  header.write(octal(0, 6), 108);
  header.write(octal(0, 6), 116);
  header.write(octal(length, 11), 124);
  header.write(octal(mtime, 11), 136);
  header.write('0', 156);
  header.write('ustar\u000000', 257);
  header.write(octal(0, 6), 329);
  header.write(octal(0, 6), 337);
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

/**
 * Size and time of a header, as it says; whether it is one is for the comparison with `entryHeader` to say.
 *
 * @throws OtaError `bundle-invalid` for numbers in another form than octal digits
 */
export function readNumbers(header: Uint8Array): { readonly length: number; readonly mtime: Seconds } {
  return { length: readOctal(header, 124), mtime: readOctal(header, 136) };
}

function readOctal(header: Uint8Array, at: number): number {
  const text = Buffer.from(header.buffer, header.byteOffset + at, 12).toString('latin1');
  if (/^[0-7]{11} $/.test(text)) return Number.parseInt(text, 8);
  throw new OtaError('bundle-invalid', 'this is not a bundle: it does not start as one', {
    where: 'manifest.json',
    hint: 'Name a file that "ota bundle" made.',
  });
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

/** What stands where another header should, for a message. */
export function describeHeader(header: Uint8Array): string {
  if (header.every((byte) => byte === 0)) return 'the archive ends';
  const text = Buffer.from(header).toString('latin1');
  const path = text.slice(0, 100).split('\0', 1)[0] ?? '';
  const kind = KINDS[text[156] ?? ''] ?? 'a file';
  return `${kind} ${JSON.stringify(path)} stands`;
}
