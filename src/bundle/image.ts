import type { Digest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Progress } from '../core/progress.ts';
import { type ByteSource, chunks } from '../core/source.ts';
import { verified } from '../core/verified.ts';
import { decompress } from './compression.ts';

/** A component's image out of its payload. */
export interface ImageOptions {
  readonly component: string;
  readonly compression: string;
  /** Signed digest of the image. */
  readonly image: Digest;
  readonly progress: Progress;
}

/**
 * Streams an image from its payload; only whoever reads to the end has the signed image.
 *
 * @throws OtaError `payload-invalid`, `length-mismatch`, `digest-mismatch`
 */
export async function* readImage(payload: ByteSource, options: ImageOptions): AsyncGenerator<Uint8Array> {
  const { component, image, progress } = options;
  let done = 0;
  for await (const piece of pieces(payload, options)) {
    done += piece.length;
    progress({ task: `unpack ${component}`, done, total: image.length });
    yield piece;
  }
}

function pieces(
  payload: ByteSource,
  { component, compression, image }: ImageOptions,
): AsyncIterable<Uint8Array> {
  if (compression === 'zstd') return decompress(payload, image);
  if (compression === 'none') return verified(chunks(payload), image, `the image of ${component}`);
  throw new OtaError('payload-invalid', `the compression ${JSON.stringify(compression)} is not known`, {
    where: component,
    hint: 'Use a release of ota that knows it.',
  });
}
