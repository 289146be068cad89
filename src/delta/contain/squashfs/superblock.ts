import type { ByteSource } from '../../../core/source.ts';
import type { FoundStream } from '../codec.ts';
import { deflateParams, ZLIB, zlib } from '../codecs/zlib.ts';
import { zstd154, zstd157, zstdParams } from '../codecs/zstd.ts';

/** Of the superblock, in bytes; what follows it are compressor options where a flag says so. */
const LENGTH = 96;
const OPTIONS = 0x400;
/** Where a table that is not there starts. */
const NOWHERE = 2n ** 64n - 1n;

/** How an image of squashfs packs its blocks. */
export type Packed = Pick<FoundStream, 'codec' | 'guesses' | 'others'>;

/** The superblock of squashfs 4.0 (Linux, fs/squashfs/squashfs_fs.h), as far as finding blocks needs it. */
export interface Superblock {
  /** Bytes of the file system, its padding left out. */
  readonly used: number;
  readonly blockSize: number;
  readonly inodes: number;
  readonly fragments: number;
  readonly ids: number;
  /** Where tables start; `undefined` for one that is not there. */
  readonly inodeTable: number;
  readonly directoryTable: number;
  readonly fragmentTable: number | undefined;
  readonly exportTable: number | undefined;
  readonly idTable: number;
  readonly packed: Packed;
}

/** The superblock at the start of `image`; `undefined` where there is none, or it packs by a codec that is not known. */
export async function readSuperblock(image: ByteSource): Promise<Superblock | undefined> {
  if (image.length < LENGTH) return undefined;
  const bytes = await image.read(0, LENGTH);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const blockLog = view.getUint16(22, true);
  const blockSize = view.getUint32(12, true);
  const fine =
    view.getUint32(0, true) === 0x73717368 &&
    view.getUint16(28, true) === 4 &&
    view.getUint16(30, true) === 0 &&
    blockLog >= 12 &&
    blockLog <= 20 &&
    blockSize === 2 ** blockLog;
  if (!fine) return undefined;
  const used = place(view, 40);
  if (used === undefined || used > image.length || used < LENGTH) return undefined;
  const inside = (at: number) => {
    const start = place(view, at);
    return start !== undefined && start >= LENGTH && start < used ? start : undefined;
  };
  const [idTable, inodeTable, directoryTable] = [inside(48), inside(64), inside(72)];
  if (idTable === undefined || inodeTable === undefined || directoryTable === undefined) return undefined;
  if (inodeTable > directoryTable) return undefined;
  const options = (view.getUint16(24, true) & OPTIONS) !== 0 ? await readOptions(image) : undefined;
  const packed = packedBy(view.getUint16(20, true), options, blockSize);
  return (
    packed && {
      used,
      blockSize,
      inodes: view.getUint32(4, true),
      fragments: view.getUint32(16, true),
      ids: view.getUint16(26, true),
      inodeTable,
      directoryTable,
      fragmentTable: inside(80),
      exportTable: inside(88),
      idTable,
      packed,
    }
  );
}

/** A place in the image, `undefined` for one past 2^53. */
export function place(view: DataView, at: number): number | undefined {
  const value = view.getBigUint64(at, true);
  return value === NOWHERE || value > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(value);
}

/** The options are a metadata block that is not packed, right behind the superblock. */
async function readOptions(image: ByteSource): Promise<DataView | undefined> {
  if (image.length < LENGTH + 2 + 8) return undefined;
  const bytes = await image.read(LENGTH + 2, 8);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

const [GZIP, ZSTD] = [1, 6];
/** zlib's strategies by the bits of the options; mksquashfs packs by each and takes the smallest. */
const STRATEGIES = [0, 1, 2, 3, 4];

function packedBy(compressor: number, options: DataView | undefined, blockSize: number): Packed | undefined {
  switch (compressor) {
    case GZIP: {
      const level = options?.getUint32(0, true) ?? 9;
      const windowBits = options?.getUint16(4, true) ?? 15;
      const bits = options?.getUint16(6, true) ?? 1;
      const guesses = STRATEGIES.filter((strategy) =>
        bits === 0 ? strategy === 0 : (bits & (1 << strategy)) !== 0,
      )
        .map((strategy) => deflateParams({ wrapper: ZLIB, level, windowBits, strategy }))
        .filter(zlib.accepts);
      return guesses.length > 0 ? { codec: zlib, guesses } : undefined;
    }
    case ZSTD: {
      const params = zstdParams(options?.getUint32(0, true) ?? 15, blockSize);
      return { codec: zstd154, guesses: [params], others: [{ codec: zstd157, guesses: [params] }] };
    }
    default:
      return undefined;
  }
}
