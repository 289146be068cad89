import type { MetadataReader } from './metadata.ts';

/** A block of a file's data that is packed. */
export interface DataBlock {
  readonly offset: number;
  readonly length: number;
  /** Which file it is of, by its place in the inode table. */
  readonly file: number;
}

/** Kinds of inodes, basic ones and extended ones (Linux, fs/squashfs/squashfs_fs.h), and how long those of a fixed length are. */
const FILE = 2;
const [LINK, EXTENDED_LINK] = [3, 10];
const EXTENDED_DIRECTORY = 8;
const EXTENDED_FILE = 9;
const LENGTHS: Readonly<Record<number, number>> = {
  1: 16,
  4: 8,
  5: 8,
  6: 4,
  7: 4,
  11: 12,
  12: 12,
  13: 8,
  14: 8,
};
/** What every inode starts with: its kind, and what does not matter here. */
const HEADER = 16;
const NO_FRAGMENT = 0xffff_ffff;

/** Sizes of data blocks have this bit where they are not packed. */
const PLAIN = 0x100_0000;
/** Sizes that are read at a time. */
const SIZES = 1024;

/** Walks the inode table for the packed blocks of files; stops where it makes no sense. */
export async function* fileBlocks(
  table: MetadataReader,
  inodes: number,
  blockSize: number,
): AsyncGenerator<DataBlock> {
  for (let inode = 0; inode < inodes; inode++) {
    const kind = (await table.take(HEADER))?.getUint16(0, true);
    if (kind === undefined) return;
    if (kind === FILE) {
      const view = await table.take(16);
      if (!view) return;
      const file = { start: view.getUint32(0, true), size: view.getUint32(12, true) };
      yield* blocksOf(table, { ...file, fragment: view.getUint32(4, true), inode, blockSize });
    } else if (kind === EXTENDED_FILE) {
      const view = await table.take(40);
      if (!view) return;
      const [start, size] = [view.getBigUint64(0, true), view.getBigUint64(8, true)].map(Number) as [
        number,
        number,
      ];
      yield* blocksOf(table, { start, size, fragment: view.getUint32(28, true), inode, blockSize });
    } else if (!(await skip(table, kind))) return;
  }
}

interface FileOf {
  readonly start: number;
  readonly size: number;
  readonly fragment: number;
  readonly inode: number;
  readonly blockSize: number;
}

async function* blocksOf(
  table: MetadataReader,
  { start, size, fragment, inode, blockSize }: FileOf,
): AsyncGenerator<DataBlock> {
  const whole = size / blockSize;
  let left = fragment === NO_FRAGMENT ? Math.ceil(whole) : Math.floor(whole);
  let at = start;
  while (left > 0) {
    const count = Math.min(left, SIZES);
    const sizes = await table.take(4 * count);
    if (!sizes) return;
    left -= count;
    for (let index = 0; index < count; index++) {
      const word = sizes.getUint32(4 * index, true);
      const length = word & (PLAIN - 1);
      if (length > blockSize) return;
      if (length > 0 && (word & PLAIN) === 0) yield { offset: at, length, file: inode };
      at += length;
    }
  }
}

/** Passes over the rest of an inode that is no file; `false` where it is of no known kind, or cut short. */
async function skip(table: MetadataReader, kind: number): Promise<boolean> {
  if (kind === LINK || kind === EXTENDED_LINK) {
    const target = (await table.take(8))?.getUint32(4, true);
    if (target === undefined || target > PATH_MAX) return false;
    return (await table.take(target + (kind === LINK ? 0 : 4))) !== undefined;
  }
  if (kind === EXTENDED_DIRECTORY) {
    let entries = (await table.take(24))?.getUint16(16, true);
    if (entries === undefined) return false;
    for (; entries > 0; entries--) {
      const name = (await table.take(12))?.getUint32(8, true);
      // A name is one byte longer than that says, and has at most 256.
      if (name === undefined || name > 255 || !(await table.take(name + 1))) return false;
    }
    return true;
  }
  const length = LENGTHS[kind];
  return length !== undefined && (await table.take(length)) !== undefined;
}

/** No link is longer. */
const PATH_MAX = 65_536;
