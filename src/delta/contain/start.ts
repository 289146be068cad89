/** Bytes of a stream that are packed to see whether settings may be right. */
export const START = 2 ** 16;

/**
 * Whether a stream may be one that was packed with the settings of `start`, which is all of what those make of the first bytes
 * alone. An encoder looks some thousand bytes ahead, so the second half says nothing.
 */
export function sameStart(start: Uint8Array, packed: Uint8Array): boolean {
  const half = start.length >> 1;
  return packed.length >= half && start.subarray(0, half).every((byte, index) => byte === packed[index]);
}
