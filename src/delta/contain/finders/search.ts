import { type ByteSource, chunks } from '../../../core/source.ts';

/** Bytes read at a time. */
const PIECE = 2 ** 20;

/** Where any of some short byte strings of one length starts in an image, in order. */
export async function* occurrences(
  image: ByteSource,
  needles: readonly Uint8Array[],
): AsyncGenerator<number> {
  const overlap = (needles[0]?.length ?? 1) - 1;
  let before = Buffer.alloc(0);
  let start = 0;
  for await (const piece of chunks(image, PIECE)) {
    const bytes = Buffer.concat([before, piece]);
    const places = needles.flatMap((needle) => placesOf(bytes, needle));
    for (const at of places.sort((a, b) => a - b)) yield start + at;
    // One may lie across two pieces; what is kept is too short to hold a whole one.
    const kept = Math.min(bytes.length, overlap);
    before = bytes.subarray(bytes.length - kept);
    start += bytes.length - kept;
  }
}

function placesOf(bytes: Buffer, needle: Uint8Array): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) places.push(at);
  return places;
}
