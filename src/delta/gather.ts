/**
 * Joins small pieces into ones of `size` bytes, so that each is worth a write; the last is what is left. With `reuse`, a piece is valid
 * until the next is asked for.
 */
export async function* gather(
  pieces: AsyncIterable<Uint8Array>,
  size: number,
  reuse = false,
): AsyncGenerator<Uint8Array> {
  let block = new Uint8Array(size);
  let filled = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const count = Math.min(size - filled, piece.length - at);
      block.set(piece.subarray(at, at + count), filled);
      filled += count;
      at += count;
      if (filled < size) continue;
      yield block;
      if (!reuse) block = new Uint8Array(size);
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}
