import { type Geometry, PARTITION_SECTOR, SECTOR } from './geometry.ts';

/** The label of the volume, as systems show the stick: eleven characters. */
export const VOLUME_LABEL = 'OTA-MEDIA'.padEnd(11);
/** A partition with FAT32 that is addressed by sector numbers. */
export const FAT32_LBA = 0x0c;
/** Where the boot sector's copy lies. */
export const BACKUP_SECTOR = 6;
export const SIGNATURE = 0xaa55;
/** Nothing here can be started: the machine is told to try what it has next (INT 18h), then waits. */
const NO_SYSTEM = Uint8Array.of(0xcd, 0x18, 0xeb, 0xfe);
const HEADS = 255;
const SECTORS_PER_TRACK = 63;

/** The first sector of the image: one partition. `id` is the disk's, 32 bits. */
export function partitionSector({ sectors }: Geometry, id: number): Uint8Array {
  const bytes = Buffer.alloc(SECTOR);
  bytes.set(NO_SYSTEM);
  bytes.writeUInt32LE(id, 440);
  bytes.set(cylinderHeadSector(PARTITION_SECTOR), 447);
  bytes[450] = FAT32_LBA;
  bytes.set(cylinderHeadSector(PARTITION_SECTOR + sectors - 1), 451);
  bytes.writeUInt32LE(PARTITION_SECTOR, 454);
  bytes.writeUInt32LE(sectors, 458);
  bytes.writeUInt16LE(SIGNATURE, 510);
  return bytes;
}

/** What a BIOS of old addresses a sector by; the highest there is for one past its reach. */
function cylinderHeadSector(sector: number): Uint8Array {
  const cylinder = Math.floor(sector / (HEADS * SECTORS_PER_TRACK));
  if (cylinder > 1023) return Uint8Array.of(0xfe, 0xff, 0xff);
  const head = Math.floor(sector / SECTORS_PER_TRACK) % HEADS;
  return Uint8Array.of(head, ((cylinder >> 2) & 0xc0) | ((sector % SECTORS_PER_TRACK) + 1), cylinder & 0xff);
}

/** The first sector of the partition; `id` is the volume's, 32 bits. The root folder starts at cluster 2. */
export function bootSector(geometry: Geometry, id: number): Uint8Array {
  const bytes = Buffer.alloc(SECTOR);
  bytes.set([0xeb, 0x58, 0x90]);
  // Some drivers trust a volume more that this one seems to have made.
  bytes.write('MSWIN4.1', 3, 'latin1');
  bytes.writeUInt16LE(SECTOR, 11);
  bytes[13] = geometry.sectorsPerCluster;
  bytes.writeUInt16LE(geometry.reserved, 14);
  bytes[16] = 2;
  bytes[21] = 0xf8;
  bytes.writeUInt16LE(SECTORS_PER_TRACK, 24);
  bytes.writeUInt16LE(HEADS, 26);
  bytes.writeUInt32LE(PARTITION_SECTOR, 28);
  bytes.writeUInt32LE(geometry.sectors, 32);
  bytes.writeUInt32LE(geometry.tableSectors, 36);
  bytes.writeUInt32LE(2, 44);
  bytes.writeUInt16LE(1, 48);
  bytes.writeUInt16LE(BACKUP_SECTOR, 50);
  bytes[64] = 0x80;
  bytes[66] = 0x29;
  bytes.writeUInt32LE(id, 67);
  bytes.write(VOLUME_LABEL, 71, 'latin1');
  bytes.write('FAT32   ', 82, 'latin1');
  bytes.set(NO_SYSTEM, 90);
  bytes.writeUInt16LE(SIGNATURE, 510);
  return bytes;
}

/** The sector after it: how many clusters are free, and from which one to look for them. */
export function informationSector(free: number, next: number): Uint8Array {
  const bytes = Buffer.alloc(SECTOR);
  bytes.writeUInt32LE(0x41615252, 0);
  bytes.writeUInt32LE(0x61417272, 484);
  bytes.writeUInt32LE(free, 488);
  bytes.writeUInt32LE(next, 492);
  bytes.writeUInt16LE(SIGNATURE, 510);
  return bytes;
}
