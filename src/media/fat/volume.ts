import type { ByteSource } from '../../core/source.ts';
import { damaged, incomplete, noMedium } from '../faults.ts';
import { FAT32_LBA, SIGNATURE } from './boot.ts';
import { MAX_CLUSTERS, SECTOR } from './geometry.ts';

const FAT32_CHS = 0x0b;
const PARTITIONS = [446, 462, 478, 494] as const;

/** A FAT32 volume inside an image. Offsets and lengths are bytes of the image. */
export interface Volume {
  /** The path of the image, for messages. */
  readonly where: string;
  readonly source: ByteSource;
  /** Where the table that counts starts. */
  readonly table: number;
  /** Where cluster 2 starts. */
  readonly data: number;
  readonly clusterBytes: number;
  /** The numbers of clusters go from 2 to this. */
  readonly lastCluster: number;
  readonly root: number;
}

/** Whether something starts as a disk or a volume does. */
export async function hasBootSignature(source: ByteSource): Promise<boolean> {
  if (source.length < SECTOR) return false;
  return Buffer.from(await source.read(0, SECTOR)).readUInt16LE(510) === SIGNATURE;
}

/**
 * Finds the FAT32 volume of an image: that of the first partition of its kind, or the image itself where it was read from a
 * partition. All that it says of itself is held against the length of the image.
 *
 * @throws OtaError `media-missing` where there is none, `media-incomplete` where the image ends before it does, `media-damaged`
 */
export async function findVolume(source: ByteSource, where: string): Promise<Volume> {
  if (!(await hasBootSignature(source))) throw noMedium(where, 'it is no image of a stick');
  const first = Buffer.from(await source.read(0, SECTOR));
  if (saysFat32(first)) return volumeAt(source, where, 0, Math.floor(source.length / SECTOR), first);
  const entry = PARTITIONS.find((at) => [FAT32_CHS, FAT32_LBA].includes(first[at + 4] ?? 0));
  if (entry === undefined) throw noMedium(where, 'it has no partition with FAT32');
  const [start, sectors] = [first.readUInt32LE(entry + 8), first.readUInt32LE(entry + 12)];
  const bytes = (start + sectors) * SECTOR;
  if (bytes > source.length) {
    throw incomplete(where, `${where} has ${source.length} bytes, its partition ends at ${bytes}`);
  }
  if (start === 0 || sectors === 0) throw damaged(where, 'its partition is empty');
  return volumeAt(source, where, start, sectors, Buffer.from(await source.read(start * SECTOR, SECTOR)));
}

const saysFat32 = (sector: Buffer): boolean => sector.toString('latin1', 82, 90) === 'FAT32   ';

function volumeAt(source: ByteSource, where: string, start: number, room: number, boot: Buffer): Volume {
  const check = (holds: boolean, what: string): void => {
    if (!holds) throw damaged(where, `the first sector of its volume ${what}`);
  };
  check(boot.readUInt16LE(510) === SIGNATURE && saysFat32(boot), 'is not that of FAT32');
  const sectorsPerCluster = boot[13] ?? 0;
  const [reserved, tables] = [boot.readUInt16LE(14), boot[16] ?? 0];
  const [sectors, tableSectors, root] = [boot.readUInt32LE(32), boot.readUInt32LE(36), boot.readUInt32LE(44)];
  const flags = boot.readUInt16LE(40);
  check(boot.readUInt16LE(11) === SECTOR, 'has sectors of another size than 512 bytes');
  check([1, 2, 4, 8, 16, 32, 64, 128].includes(sectorsPerCluster), 'has clusters of no size that there is');
  check(reserved > 0 && (tables === 1 || tables === 2), 'has no tables');
  check(boot.readUInt16LE(17) === 0 && boot.readUInt16LE(19) === 0, 'has fields of FAT16');
  check(boot.readUInt16LE(22) === 0 && boot.readUInt16LE(42) === 0, 'is of another version of FAT');
  check(sectors <= room, 'says more sectors than there are');
  // All tables are kept alike, unless this says which one counts.
  const active = (flags & 0x80) === 0 ? 0 : flags & 0x0f;
  check(active < tables, 'names a table that is not there');
  const dataSector = reserved + tables * tableSectors;
  const clusters = Math.floor((sectors - dataSector) / sectorsPerCluster);
  check(clusters >= 1 && clusters <= MAX_CLUSTERS, 'leaves no room for files');
  check((clusters + 2) * 4 <= tableSectors * SECTOR, 'has tables that are too short');
  check(root >= 2 && root < clusters + 2, 'has no root folder');
  return {
    where,
    source,
    table: (start + reserved + active * tableSectors) * SECTOR,
    data: (start + dataSector) * SECTOR,
    clusterBytes: sectorsPerCluster * SECTOR,
    lastCluster: clusters + 1,
    root,
  };
}
