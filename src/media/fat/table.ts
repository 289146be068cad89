/** What ends a chain of clusters, and all from here on. */
export const END_OF_CHAIN = 0x0ffffff8;
/** Of the 32 bits of an entry, 28 count. */
export const ENTRY_MASK = 0x0fffffff;
const PIECE_ENTRIES = 16_384;

/**
 * The used part of a table, in pieces: every chain is one run of clusters, since nothing was ever deleted.
 *
 * @param runs lengths of the chains in clusters, one after the other from cluster 2
 */
export function* tablePieces(runs: readonly number[]): Generator<Uint8Array> {
  let piece = Buffer.alloc(4 * PIECE_ENTRIES);
  let used = 0;
  // The media byte again, and that the volume was left in order.
  for (const value of entries(runs)) {
    piece.writeUInt32LE(value, 4 * used);
    used += 1;
    if (used < PIECE_ENTRIES) continue;
    yield piece;
    piece = Buffer.alloc(4 * PIECE_ENTRIES);
    used = 0;
  }
  yield piece.subarray(0, 4 * used);
}

function* entries(runs: readonly number[]): Generator<number> {
  yield END_OF_CHAIN;
  yield ENTRY_MASK;
  let cluster = 2;
  for (const run of runs) {
    for (let left = run; left > 0; left -= 1) {
      cluster += 1;
      yield left === 1 ? ENTRY_MASK : cluster;
    }
  }
}
