import { type Digest, Hasher, sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { type Progress, silent } from '../core/progress.ts';
import type { ByteSource } from '../core/source.ts';
import { digestSource } from '../files/read.ts';
import { type Added, openPredictor, PlainAdded, PredictedAdded } from './added.ts';
import type { StreamDamage } from './contain/codec.ts';
import type { PackedAgain } from './contain/packed-again.ts';
import { readPacking } from './contain/read-packing.ts';
import { repack } from './contain/repack.ts';
import { UnpackedImage } from './contain/unpacked-image.ts';
import { Controls } from './controls.ts';
import { DifferenceReader } from './difference-reader.ts';
import { checkLength, type DeltaHeader, readDeltaHeader, type SectionName } from './format.ts';
import { gather } from './gather.ts';
import { invalid } from './invalid.ts';
import { ModeReader } from './predict/mode-runs.ts';
import { SectionReader } from './section-reader.ts';
import { WindowReader } from './window-reader.ts';

/** Bytes that are given out at a time. */
export const PIECE = 256 * 1024;
/** Streams are unpacked again where what is kept does not suffice; this many times both images in all is enough for any delta. */
const UNPACK = 16;

export interface ApplyOptions {
  readonly progress?: Progress;
  /** The most bytes that the delta may declare it needs. */
  readonly maxMemory?: number;
  /** The caller knows already that the old image has the digest in the header. */
  readonly oldVerified?: boolean;
  /** Packed streams of the new image, where the caller has just made the delta. */
  readonly packedAgain?: PackedAgain;
  /** A piece that is given is valid until the next is asked for only. */
  readonly reuse?: boolean;
}

/**
 * Makes the new image from the old one: docs/formats/delta.md, "Applying". What it has given is only to be trusted when
 * it ends without an error.
 *
 * @throws OtaError `delta-invalid`, `delta-wrong-base`, `delta-too-large` where it needs more than `maxMemory`,
 * `digest-mismatch` where the result is not what the header promises
 */
export async function* applyDelta(
  oldSource: ByteSource,
  patch: ByteSource,
  options: ApplyOptions = {},
): AsyncGenerator<Uint8Array> {
  const progress = options.progress ?? silent;
  const header = await readDeltaHeader(patch);
  checkLength(header, patch);
  checkMemory(header.memory, options.maxMemory);
  await checkBase(oldSource, header.old, options.oldVerified ?? false, progress);
  const hasher = new Hasher();
  const made = await image(oldSource, patch, header, options.packedAgain);
  for await (const piece of gather(made, PIECE, options.reuse)) {
    hasher.update(piece);
    yield piece;
    progress({ task: 'apply delta', done: hasher.length, total: header.new.length });
  }
  checkResult(hasher.digest(), header.new);
}

/** The new image; between the images as they are unpacked, and packed again, where the delta says so. */
async function image(
  old: ByteSource,
  patch: ByteSource,
  header: DeltaHeader,
  packedAgain: PackedAgain | undefined,
): Promise<AsyncIterable<Uint8Array>> {
  const packing = await readPacking(patch, header);
  if (!packing) return pieces(old, patch, header, header.new.length);
  const unpacked = new UnpackedImage(old, packing.old, {
    keep: packing.keep,
    budget: UNPACK * (packing.oldLength + packing.newLength),
    fault: (cause: StreamDamage) =>
      invalid('a packed stream of the old image cannot be unpacked', undefined, cause),
  });
  return repack(pieces(unpacked, patch, header, packing.newLength), packing, header.new.length, packedAgain);
}

/** @param newLength bytes to make: those of the new image, unpacked where parts of it are */
async function* pieces(
  oldSource: ByteSource,
  patch: ByteSource,
  header: DeltaHeader,
  newLength: number,
): AsyncGenerator<Uint8Array> {
  const readers: SectionReader[] = [];
  const open = async (name: SectionName) => {
    const reader = await SectionReader.open(patch, header, name, PIECE);
    readers.push(reader);
    return reader;
  };
  try {
    const old = new WindowReader(oldSource);
    const added = await openAdded(header, oldSource.length, newLength, old, open);
    const controls = new Controls(await open('controls'), header);
    const insertions = await open('insertions');
    let newAt = 0;
    for (let step = 0; step < header.steps; step++) {
      const { add, insert, from } = await controls.next(oldSource.length, newLength - newAt);
      for (let at = 0; at < add; ) {
        const piece = await added.next(from + at, newAt + at, add - at);
        yield piece;
        at += piece.length;
      }
      for (let rest = insert; rest > 0; ) {
        const piece = await insertions.take(rest);
        rest -= piece.length;
        yield piece;
      }
      newAt += add + insert;
    }
    if (newAt < newLength) throw invalid('it ends before the new image does');
    added.finish();
    for (const reader of readers) await reader.finish();
  } finally {
    for (const reader of readers) reader.close();
  }
}

async function openAdded(
  header: DeltaHeader,
  oldLength: number,
  newLength: number,
  old: WindowReader,
  open: (name: SectionName) => Promise<SectionReader>,
): Promise<Added> {
  const differences = new DifferenceReader(await open('runs'), await open('differences'));
  if (header.blockBits === 0) return new PlainAdded(old, differences);
  const predictor = await openPredictor(
    header,
    oldLength,
    newLength,
    open,
    new Controls(await open('controls'), header),
  );
  const modes = new ModeReader(await open('modes'), predictor.modes.length);
  return new PredictedAdded(predictor, modes, old, differences);
}

/** @throws OtaError `delta-too-large` */
export function checkMemory(memory: number, most: number | undefined): void {
  if (most === undefined || memory <= most) return;
  throw new OtaError('delta-too-large', `the delta needs ${memory} bytes of memory, ${most} are allowed`, {
    hint: 'Make it with --memory, or use the full image.',
  });
}

/** @param verified the caller knows already that the digest is right @throws OtaError `delta-wrong-base` */
export async function checkBase(
  source: ByteSource,
  old: Digest,
  verified: boolean,
  progress: Progress,
): Promise<void> {
  const right =
    source.length === old.length &&
    (verified || sameDigest(await digestSource(source, 'hash old image', progress), old));
  if (right) return;
  throw new OtaError('delta-wrong-base', 'the delta is for another old image', {
    hint: `It applies to the image with SHA-256 ${old.sha256}, ${old.length} bytes.`,
  });
}

/** @throws OtaError `digest-mismatch` */
export function checkResult(made: Digest, promised: Digest): void {
  if (sameDigest(made, promised)) return;
  throw new OtaError('digest-mismatch', 'the delta does not make the image that it promises', {
    hint: 'Fetch it again; if it is the same, use the full image.',
  });
}
