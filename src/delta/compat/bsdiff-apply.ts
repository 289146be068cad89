import { type ByteSource, slice } from '../../core/source.ts';
import { invalid } from '../invalid.ts';
import { WindowReader } from '../window-reader.ts';
import { BSDIFF_HEADER, type BsdiffHeader, readBsdiffHeader, readOffset } from './bsdiff-header.ts';
import { Bzip2Reader } from './bzip2/decode.ts';

/** A place in the old image that later moves may still lead back from. */
const FARTHEST = 2 ** 50;

/**
 * What a BSDIFF40 patch makes of an old image. The format has no digests, so that it is the caller's to compare the result.
 *
 * @throws OtaError `delta-invalid`, before a byte outside the old image or beyond the new length would be touched
 */
export async function* applyBsdiff(old: ByteSource, patch: ByteSource): AsyncGenerator<Uint8Array> {
  const header = await readBsdiffHeader(patch);
  const { controls, differences, insertions } = openStreams(patch, header);
  const reader = new WindowReader(old);
  let position = 0;
  let empty = 0;
  for (let left = header.newLength; left > 0; ) {
    const triple = await controls.exactly(24);
    const [add, insert, seek] = [0, 8, 16].map((at) => readOffset(triple, at)) as [number, number, number];
    if (add < 0 || insert < 0 || add + insert > left) throw invalid('a step reaches past the new image');
    if (add > 0 && (position < 0 || position + add > old.length))
      throw invalid('a step reads outside the old image');
    // bsdiff makes some that only lead elsewhere; a hostile patch could have them without end.
    if (add + insert === 0 && ++empty > header.newLength) throw invalid('it has steps that make nothing');
    for (let at = 0; at < add; ) {
      const piece = await differences.take(add - at);
      await addOld(reader, position + at, piece);
      yield piece;
      at += piece.length;
    }
    for (let at = 0; at < insert; ) {
      const piece = await insertions.take(insert - at);
      yield piece;
      at += piece.length;
    }
    left -= add + insert;
    position += add + seek;
    if (Math.abs(position) > FARTHEST) throw invalid('a step leads too far away');
  }
  for (const stream of [controls, differences, insertions]) await stream.finish();
}

function openStreams(patch: ByteSource, { controls, differences }: BsdiffHeader) {
  const second = BSDIFF_HEADER + controls;
  const third = second + differences;
  return {
    controls: new Bzip2Reader(slice(patch, BSDIFF_HEADER, controls)),
    differences: new Bzip2Reader(slice(patch, second, differences)),
    insertions: new Bzip2Reader(slice(patch, third, patch.length - third)),
  };
}

async function addOld(reader: WindowReader, from: number, piece: Uint8Array): Promise<void> {
  for (let at = 0; at < piece.length; ) {
    const count = reader.ready(from + at, piece.length - at);
    if (count === 0) {
      await reader.load(from + at);
      continue;
    }
    const old = reader.view(from + at, count);
    for (let i = 0; i < count; i++) piece[at + i] = (piece[at + i] as number) + (old[i] as number);
    at += count;
  }
}
