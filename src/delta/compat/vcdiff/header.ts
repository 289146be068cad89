/** `VCD` with the high bits set, and version 0: RFC 3284, section 4.1. */
export const VCDIFF_MAGIC = Uint8Array.of(0xd6, 0xc3, 0xc4, 0x00);

/** What the header and a window may have. The application's data and the checksum are additions of xdelta3. */
export const VCD_APPLICATION = 4;
export const VCD_SOURCE = 1;
export const VCD_ADLER32 = 4;

/** The largest window of a new image that is made or read, in bytes; xdelta3 reads up to this. */
export const WINDOW_MAX = 2 ** 23;
/** A smaller one is not made. */
export const WINDOW_MIN = 2 ** 10;
/** What a reader has beside a window and its sections: the code table and the cache of addresses. */
export const TABLES = 8192;
