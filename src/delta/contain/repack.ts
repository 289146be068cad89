import { invalid } from '../invalid.ts';
import type { PackedAgain } from './packed-again.ts';
import type { Packing } from './packing.ts';

/**
 * Packs the streams of an unpacked image again, while it is made from front to back. Pieces may be used again by who gives
 * them once the next one is asked for.
 *
 * @param length bytes of the packed image, which are never exceeded
 * @param known streams that were packed before
 * @throws OtaError `delta-invalid`
 */
export async function* repack(
  pieces: AsyncIterable<Uint8Array>,
  packing: Packing,
  length: number,
  known?: PackedAgain,
): AsyncGenerator<Uint8Array> {
  const streams = packing.new;
  let index = 0;
  let raw = new Uint8Array(0);
  let filled = 0;
  let at = 0;
  let made = 0;
  const count = (bytes: Uint8Array): Uint8Array => {
    made += bytes.length;
    if (made > length) throw invalid('it makes more than the new image');
    return bytes;
  };
  for await (const piece of pieces) {
    for (let done = 0; done < piece.length; ) {
      const stream = streams[index];
      const before = stream ? stream.at - at : piece.length;
      if (before > 0 || !stream) {
        const bytes = piece.subarray(done, done + before);
        yield count(bytes);
        done += bytes.length;
        at += bytes.length;
        continue;
      }
      if (filled === 0) raw = new Uint8Array(stream.raw);
      const bytes = piece.subarray(done, done + stream.raw - filled);
      raw.set(bytes, filled);
      filled += bytes.length;
      done += bytes.length;
      at += bytes.length;
      if (filled < stream.raw) continue;
      const { packer } = stream;
      const packed = await known?.find(packer, raw);
      yield count(packed ?? (await packer.codec.encode(raw, packer.params)));
      filled = 0;
      index++;
    }
  }
}
