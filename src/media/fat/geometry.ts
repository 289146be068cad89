import { OtaError } from '../../core/errors.ts';
import { formatSize } from '../../core/sizes.ts';

export const SECTOR = 512;
export const MIB = 2 ** 20;
/** The partition starts after 1 MiB, as partitioning tools have it. */
export const PARTITION_SECTOR = MIB / SECTOR;
/** With fewer, a driver takes the volume for FAT16, whatever it says of itself; sixteen more, since some count wrongly. */
const MIN_CLUSTERS = 65_525 + 16;
/** Numbers of clusters go from 2 to 0x0FFFFFF6. */
export const MAX_CLUSTERS = 0x0ffffff5;
/** What the 32 bits of a partition's length hold, with the sectors before it. */
const MAX_SECTORS = 2 ** 32 - 1;
/** Sectors before the first table: boot sector, information and their copies. */
const RESERVED = 64;
/** Entries in a sector of a table. */
const ENTRIES = SECTOR / 4;

/** Where everything is in an image. Sectors are counted from the start of the partition. */
export interface Geometry {
  /** Bytes of the whole image. */
  readonly bytes: number;
  /** Sectors of the partition. */
  readonly sectors: number;
  readonly sectorsPerCluster: number;
  readonly reserved: number;
  /** Sectors of each of the two tables. */
  readonly tableSectors: number;
  /** How many clusters there are; the first has the number 2. */
  readonly clusters: number;
}

export const clusterBytes = ({ sectorsPerCluster }: Geometry): number => sectorsPerCluster * SECTOR;

/** Offset of a sector of the partition in the image. */
export const sectorOffset = (sector: number): number => (PARTITION_SECTOR + sector) * SECTOR;

/** Offset of a cluster in the image. */
export const clusterOffset = (geometry: Geometry, cluster: number): number =>
  sectorOffset(geometry.reserved + 2 * geometry.tableSectors + (cluster - 2) * geometry.sectorsPerCluster);

/**
 * The geometry of an image of a size. Clusters are as large as Windows makes them for that size, and everything starts at a
 * multiple of them.
 */
function geometryOf(bytes: number): Geometry {
  const sectors = Math.floor(bytes / SECTOR) - PARTITION_SECTOR;
  const sectorsPerCluster = sectorsPerClusterFor(sectors * SECTOR);
  const most = Math.floor((sectors - RESERVED) / sectorsPerCluster);
  const tableSectors = roundUp(Math.ceil((most + 2) / ENTRIES), Math.max(8, sectorsPerCluster));
  const clusters = Math.floor((sectors - RESERVED - 2 * tableSectors) / sectorsPerCluster);
  return { bytes, sectors, sectorsPerCluster, reserved: RESERVED, tableSectors, clusters };
}

/** "Default cluster size for NTFS, FAT, and exFAT", Microsoft. */
function sectorsPerClusterFor(bytes: number): number {
  if (bytes <= 260 * MIB) return 1;
  if (bytes <= 8 * 1024 * MIB) return 8;
  if (bytes <= 16 * 1024 * MIB) return 16;
  return bytes <= 32 * 1024 * MIB ? 32 : 64;
}

const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

/**
 * The smallest image of whole MiB that has the room.
 *
 * @param room how many clusters are needed, where a cluster has so many bytes
 */
export function smallestGeometry(room: (clusterBytes: number) => number): Geometry {
  // Every cluster more costs its bytes and eight of tables, so the first guess is never too large.
  for (let bytes = roundUp(MIB + room(SECTOR) * SECTOR, MIB); ; bytes += step(bytes)) {
    const geometry = geometryOf(bytes);
    if (geometry.sectors > MAX_SECTORS - PARTITION_SECTOR) throw tooLarge();
    if (geometry.clusters >= Math.max(MIN_CLUSTERS, room(clusterBytes(geometry)))) return geometry;
  }
}

/** Coarser for large images, so that few are tried. */
const step = (bytes: number): number => Math.max(MIB, roundUp(bytes / 4096, MIB));

/**
 * The geometry of an image of a size that was asked for.
 *
 * @param bytes a whole number
 * @throws OtaError `size-invalid` where it has not the room, or is none that FAT32 can have
 */
export function geometryOfSize(bytes: number, room: (clusterBytes: number) => number): Geometry {
  const smallest = smallestGeometry(room);
  const geometry = geometryOf(bytes - (bytes % SECTOR));
  if (geometry.sectors > MAX_SECTORS - PARTITION_SECTOR) throw tooLarge();
  if (geometry.clusters >= Math.max(MIN_CLUSTERS, room(clusterBytes(geometry)))) return geometry;
  throw new OtaError(
    'size-invalid',
    `an image of ${formatSize(bytes)} is too small for what is to be on it: ${formatSize(smallest.bytes)} are needed`,
    { hint: `Ask for ${smallest.bytes / MIB} MiB or more, or leave the size out.` },
  );
}

const tooLarge = (): OtaError =>
  new OtaError('size-invalid', 'an image of more than 2 TiB cannot be partitioned for every machine', {
    hint: 'Ask for a smaller one, or put less on it.',
  });
