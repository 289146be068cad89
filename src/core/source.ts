import { OtaError } from './errors.ts';

/** Bytes that can be read at any place, whether in memory, in a file or inside another source. */
export interface ByteSource {
  /** Bytes in all. */
  readonly length: number;
  /** Exactly `length` bytes from `offset`; both must lie inside. @throws OtaError `input-changed` when they do not. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** As `read`, into bytes of the caller's, so that they can be used again; absent where reading copies nothing. */
  fill?(offset: number, into: Uint8Array): Promise<void>;
  /** Whether it may have been changed since it was opened; absent where it cannot. */
  changed?(): Promise<boolean>;
}

export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    length: bytes.length,
    read: async (offset, length) => {
      checkRange(bytes.length, offset, length);
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** A window of another source. */
export function slice(source: ByteSource, start: number, length: number): ByteSource {
  checkRange(source.length, start, length);
  return {
    length,
    read: async (offset, count) => {
      checkRange(length, offset, count);
      return source.read(start + offset, count);
    },
    ...(source.fill && {
      fill: async (offset: number, into: Uint8Array) => {
        checkRange(length, offset, into.length);
        await source.fill?.(start + offset, into);
      },
    }),
  };
}

/** The whole source in pieces, in order. */
export async function* chunks(source: ByteSource, size = 1 << 20): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < source.length; offset += size) {
    yield await source.read(offset, Math.min(size, source.length - offset));
  }
}

export function checkRange(total: number, offset: number, length: number): void {
  if (offset < 0 || length < 0 || offset + length > total) {
    throw new OtaError('input-changed', `bytes ${offset} to ${offset + length} of ${total} do not exist`);
  }
}
