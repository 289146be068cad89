import type { DeltaFormat } from '../core/delta-formats.ts';
import { type Digest, Hasher, sameDigest } from '../core/digest.ts';
import { silent } from '../core/progress.ts';
import type { ByteSource } from '../core/source.ts';
import { type ApplyOptions, applyDelta, checkBase, checkMemory, checkResult, PIECE } from './apply.ts';
import { applyBsdiff } from './compat/bsdiff-apply.ts';
import { applyVcdiff } from './compat/vcdiff/apply.ts';
import { readFacts, recogniseDelta } from './facts.ts';
import { gather } from './gather.ts';
import { invalid } from './invalid.ts';

export interface ApplyAnyOptions extends ApplyOptions {
  /** The format that it has to be of; without it, it is told by its first bytes. */
  readonly format?: DeltaFormat;
  /** The images that it has to lead from and to: without them, the result of a format that has no digests is not checked. */
  readonly images?: { readonly old: Digest; readonly new: Digest };
}

/**
 * Makes the new image from the old one and a delta of any format. What it has given is only to be trusted when it ends without an
 * error.
 *
 * @throws OtaError as `applyDelta`; `delta-wrong-base` or `digest-mismatch` where it is not for `images`
 */
export async function* applyAny(
  old: ByteSource,
  patch: ByteSource,
  options: ApplyAnyOptions = {},
): AsyncGenerator<Uint8Array> {
  const { images, maxMemory, oldVerified = false, progress = silent } = options;
  const format = await recogniseDelta(patch);
  if (format !== (options.format ?? format)) throw invalid(`it is ${format}, not ${options.format}`);
  const facts = await readFacts(format, patch, old.length);
  if (images) {
    checkMemory(facts.memory, maxMemory);
    await checkBase(old, images.old, oldVerified, progress);
    // Before anything is made: what is signed bounds what a hostile delta can cost.
    if (facts.newLength !== images.new.length) throw invalid('it makes an image of another length');
    if (facts.images) checkResult(facts.images.new, images.new);
  }
  if (format === 'otad') {
    const known =
      images !== undefined && facts.images !== undefined && sameDigest(images.old, facts.images.old);
    yield* applyDelta(old, patch, { ...options, oldVerified: oldVerified || known });
    return;
  }
  checkMemory(facts.memory, maxMemory);
  const pieces = format === 'bsdiff40' ? applyBsdiff(old, patch) : applyVcdiff(old, patch);
  const hasher = new Hasher();
  for await (const piece of gather(pieces, PIECE, options.reuse)) {
    hasher.update(piece);
    yield piece;
    progress({ task: 'apply delta', done: hasher.length, total: facts.newLength });
  }
  if (images) checkResult(hasher.digest(), images.new);
}
