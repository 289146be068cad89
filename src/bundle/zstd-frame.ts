import { OtaError } from '../core/errors.ts';

/** Input bytes of each frame; what a device must hold to decompress one. */
export const FRAME_INPUT_BYTES = 4 << 20;
/** zstd's own bound on what a frame of that input can take (`ZSTD_COMPRESSBOUND`). */
export const MAX_FRAME_BYTES = FRAME_INPUT_BYTES + (FRAME_INPUT_BYTES >> 8);

const MAGIC = 0xfd2fb528;
const MAGIC_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;

export interface Frame {
  /** Compressed bytes, header included. */
  readonly length: number;
  /** Bytes that it decompresses to, as its header says. */
  readonly contentLength: number;
}

/**
 * Finds the end of the zstd frame that bytes start with, by its headers alone (RFC 8878, sections 3.1.1.1 and 3.1.1.2), before
 * anything is decompressed. Only frames as `compress` makes them are read: one segment with its content size in the header,
 * without dictionary and checksum, at most `FRAME_INPUT_BYTES` large.
 *
 * Gives `undefined` where the bytes end before the frame does.
 *
 * @throws OtaError `payload-invalid`
 */
export function readFrame(bytes: Uint8Array): Frame | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readHeader(view);
  if (header === undefined) return undefined;
  if (header.contentLength < 1 || header.contentLength > FRAME_INPUT_BYTES) {
    refuse(
      `a frame says that it holds ${header.contentLength} bytes; at most ${FRAME_INPUT_BYTES} are allowed`,
    );
  }
  let at = header.length;
  for (;;) {
    if (at > MAX_FRAME_BYTES) refuse(`a frame is longer than ${MAX_FRAME_BYTES} bytes`);
    if (at + BLOCK_HEADER_BYTES > view.byteLength) return undefined;
    const block = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    const type = (block >> 1) & 3;
    if (type === RESERVED_BLOCK) refuse('a block has a type that does not exist');
    at += BLOCK_HEADER_BYTES + (type === RLE_BLOCK ? 1 : block >> 3);
    if (block & 1) break;
  }
  if (at > MAX_FRAME_BYTES) refuse(`a frame is longer than ${MAX_FRAME_BYTES} bytes`);
  return at > view.byteLength ? undefined : { length: at, contentLength: header.contentLength };
}

function readHeader(view: DataView): Frame | undefined {
  if (view.byteLength < MAGIC_BYTES + 1) return undefined;
  if (view.getUint32(0, true) !== MAGIC) refuse('it is not a zstd frame');
  const descriptor = view.getUint8(MAGIC_BYTES);
  const singleSegment = (descriptor & 0x20) !== 0;
  // The unused bit, the reserved bit, the checksum flag and the dictionary identifier.
  if (!singleSegment || (descriptor & 0x1f) !== 0) refuse('a frame has a form that is not used here');
  const size = descriptor >> 6;
  const at = MAGIC_BYTES + 1;
  return view.byteLength < at + (1 << size) ? undefined : content(view, at, size);
}

function content(view: DataView, at: number, size: number): Frame {
  switch (size) {
    case 0:
      return { length: at + 1, contentLength: view.getUint8(at) };
    case 1:
      return { length: at + 2, contentLength: view.getUint16(at, true) + 256 };
    case 2:
      return { length: at + 4, contentLength: view.getUint32(at, true) };
    default:
      return refuse('a frame is larger than any that is used here');
  }
}

function refuse(message: string): never {
  throw new OtaError('payload-invalid', `the payload cannot be decompressed: ${message}`, {
    hint: 'Get the payload again from where it was made.',
  });
}
