/** The checksum of bzip2: CRC-32 from the highest bit on, polynomial 0x04c11db7. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc >>> 0;
});

export const CRC_START = 0xffff_ffff;

/** The checksum after `count` times the same byte; it is inverted at the end. */
export function crcRun(crc: number, byte: number, count: number): number {
  let now = crc | 0;
  for (let i = 0; i < count; i++) now = (now << 8) ^ (TABLE[(now >>> 24) ^ byte] as number);
  return now >>> 0;
}

/** The checksum of a stream after a block, from that of the blocks before it. */
export const crcOfStream = (stream: number, block: number): number =>
  (((stream << 1) | (stream >>> 31)) ^ block) >>> 0;
