import { concatBytes } from '../core/bytes.ts';
import { type Digest, Hasher } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { type Progress, silent } from '../core/progress.ts';
import { type ByteSource, chunks } from '../core/source.ts';
import { FRAME_INPUT_BYTES, MAX_FRAME_BYTES, readFrame } from './zstd-frame.ts';

/**
 * Measured on a kernel, U-Boot, a Go program and MCU firmware: level 19 makes payloads 8 to 10 % smaller than level 10 and
 * takes 6 to 10 times as long (2 against 15 MB/s); all levels between 10 and 15 are within 1 % of each other.
 */
const LEVEL = 10;
const READ_BYTES = 1 << 20;

type Zstd = typeof import('@bokuweb/zstd-wasm');
let loading: Promise<Zstd> | undefined;

function load(): Promise<Zstd> {
  loading ??= import('@bokuweb/zstd-wasm').then(async (zstd) => {
    await zstd.init();
    return zstd;
  });
  return loading;
}

/**
 * Compresses as zstd frames (RFC 8878), one for each 4 MiB of input, so that any zstd tool decompresses the whole and a device
 * needs no more memory than one frame. The same bytes on every machine and Node version: the compressor is WebAssembly.
 * Empty input gives nothing.
 */
export async function* compress(
  source: ByteSource,
  progress: Progress = silent,
  task = 'compress',
): AsyncGenerator<Uint8Array> {
  const zstd = await load();
  // Images of file systems are mostly holes.
  const zeros = Buffer.alloc(FRAME_INPUT_BYTES);
  let zeroFrame: Uint8Array | undefined;
  let done = 0;
  for await (const piece of chunks(source, FRAME_INPUT_BYTES)) {
    const hole = zeros.equals(piece);
    const frame = (hole ? zeroFrame : undefined) ?? zstd.compress(piece, LEVEL);
    if (hole) zeroFrame = frame;
    yield frame;
    done += piece.length;
    progress({ task, done, total: source.length });
  }
}

/** Bytes of what `compress` makes. */
export async function compressedLength(source: ByteSource, progress: Progress): Promise<number> {
  let length = 0;
  for await (const frame of compress(source, progress)) length += frame.length;
  return length;
}

/**
 * Decompresses what `compress` made, frame by frame, and checks the result against its digest. Lengths are taken from the
 * headers and held against the digest's before anything is decompressed, so that a small payload cannot fill memory or
 * disk. The digest can only be checked after the last piece: what was yielded is to be trusted when the generator ends.
 *
 * @param expected digest of the image, signed
 * @throws OtaError `payload-invalid`, `length-mismatch`, `digest-mismatch`
 */
export async function* decompress(payload: ByteSource, expected: Digest): AsyncGenerator<Uint8Array> {
  const zstd = await load();
  const hasher = new Hasher();
  for await (const { bytes, contentLength } of frames(payload)) {
    if (hasher.length + contentLength > expected.length) tooLong(expected);
    const piece = decode(zstd, bytes);
    if (piece.length !== contentLength) invalid('a frame does not hold as many bytes as it says');
    hasher.update(piece);
    yield piece;
  }
  const { length, sha256 } = hasher.digest();
  if (length !== expected.length) {
    throw new OtaError(
      'length-mismatch',
      `the image has ${length} bytes, ${expected.length} are signed`,
      HINT,
    );
  }
  if (sha256 !== expected.sha256) {
    throw new OtaError(
      'digest-mismatch',
      `the image has the SHA-256 ${sha256}, ${expected.sha256} is signed`,
      HINT,
    );
  }
}

const HINT = { hint: 'Get the payload again from where it was made.' };

function decode(zstd: Zstd, frame: Uint8Array): Uint8Array {
  try {
    return zstd.decompress(frame);
  } catch (cause) {
    throw new OtaError('payload-invalid', 'the payload cannot be decompressed: a frame is damaged', {
      ...HINT,
      cause,
    });
  }
}

async function* frames(payload: ByteSource): AsyncGenerator<{ bytes: Uint8Array; contentLength: number }> {
  let held: Uint8Array = new Uint8Array(0);
  let offset = 0;
  for (;;) {
    const frame = held.length === 0 ? undefined : readFrame(held);
    if (frame !== undefined) {
      yield { bytes: held.subarray(0, frame.length), contentLength: frame.contentLength };
      held = held.subarray(frame.length);
      continue;
    }
    if (held.length > MAX_FRAME_BYTES) invalid('a frame is too long');
    if (offset === payload.length) break;
    const more = Math.min(READ_BYTES, payload.length - offset);
    held = concatBytes(held, await payload.read(offset, more));
    offset += more;
  }
  if (held.length > 0) invalid('it ends in the middle of a frame');
}

function invalid(what: string): never {
  throw new OtaError('payload-invalid', `the payload cannot be decompressed: ${what}`, HINT);
}

function tooLong(expected: Digest): never {
  throw new OtaError(
    'length-mismatch',
    `the payload decompresses to more than the ${expected.length} bytes that are signed`,
    HINT,
  );
}
