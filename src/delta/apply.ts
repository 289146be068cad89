import { Hasher, sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { type Progress, silent } from '../core/progress.ts';
import { type ByteSource, slice } from '../core/source.ts';
import { digestSource } from '../files/read.ts';
import { Decoder } from './coder.ts';
import { type DeltaHeader, HEADER_LENGTH, readDeltaHeader } from './format.ts';
import { gather } from './gather.ts';
import { OldReader } from './old-reader.ts';
import { Window } from './window.ts';

const PIECE = 256 * 1024;

export interface ApplyOptions {
  readonly progress?: Progress;
  /** The most bytes that the delta may declare it needs. */
  readonly maxMemory?: number;
  /** The caller knows already that the old image has the digest in the header. */
  readonly oldVerified?: boolean;
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
  checkMemory(header, options.maxMemory);
  await checkBase(oldSource, header, options.oldVerified ?? false, progress);
  const hasher = new Hasher();
  for await (const piece of gather(pieces(oldSource, patch, header), PIECE)) {
    hasher.update(piece);
    yield piece;
    progress({ task: 'apply delta', done: hasher.length, total: header.new.length });
  }
  if (sameDigest(hasher.digest(), header.new)) return;
  throw new OtaError('digest-mismatch', 'the delta does not make the image that it promises', {
    hint: 'Fetch it again; if it is the same, use the full image.',
  });
}

async function* pieces(
  oldSource: ByteSource,
  patch: ByteSource,
  header: DeltaHeader,
): AsyncGenerator<Uint8Array> {
  const decoder = await Decoder.open(slice(patch, HEADER_LENGTH, patch.length - HEADER_LENGTH), header);
  const reader = new OldReader(oldSource);
  let left = header.new.length;
  let position = 0;
  try {
    while (left > 0) {
      const window = await Window.read(decoder, header.limit);
      for (;;) {
        const control = window.next(position, oldSource.length, left);
        if (!control) break;
        const { add, insert, from } = control;
        for (let at = 0; at < add; ) {
          const piece = await reader.read(from + at, add - at);
          window.patch(piece);
          yield piece;
          at += piece.length;
        }
        if (insert > 0) yield window.insertion(insert);
        position = from + add;
        left -= add + insert;
      }
      window.finish();
    }
    await decoder.finish();
  } finally {
    decoder.close();
  }
}

function checkMemory(header: DeltaHeader, most: number | undefined): void {
  if (most === undefined || header.memory <= most) return;
  throw new OtaError(
    'delta-too-large',
    `the delta needs ${header.memory} bytes of memory, ${most} are allowed`,
    {
      hint: 'Make it with --memory, or use the full image.',
    },
  );
}

async function checkBase(
  source: ByteSource,
  header: DeltaHeader,
  verified: boolean,
  progress: Progress,
): Promise<void> {
  const right =
    source.length === header.old.length &&
    (verified || sameDigest(await digestSource(source, 'hash old image', progress), header.old));
  if (right) return;
  throw new OtaError('delta-wrong-base', 'the delta is for another old image', {
    hint: `It applies to the image with SHA-256 ${header.old.sha256}, ${header.old.length} bytes.`,
  });
}
