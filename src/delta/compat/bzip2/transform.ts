import { sortSuffixes } from './suffixes.ts';

/** The Burrows-Wheeler transform of a block: the last bytes of its rotations in their order, and which of those is the block itself. */
export interface Transformed {
  readonly bytes: Uint8Array;
  readonly origin: number;
}

/**
 * Transforms a block. Its least rotation is a Lyndon word or a power of one, and of those the suffixes sort as the rotations do.
 *
 * @param block at least one byte
 */
export function transform(block: Uint8Array): Transformed {
  const { length } = block;
  const least = leastRotation(block);
  const rotated = new Uint8Array(length);
  rotated.set(block.subarray(least));
  rotated.set(block.subarray(0, least), length - least);
  const order = sortSuffixes(rotated, 255);
  const bytes = new Uint8Array(length);
  const first = (length - least) % length;
  let origin = 0;
  for (let i = 0; i < length; i++) {
    const at = order[i] as number;
    bytes[i] = rotated[at === 0 ? length - 1 : at - 1] as number;
    if (at === first) origin = i;
  }
  return { bytes, origin };
}

/** Where the least of the rotations of a block starts. */
function leastRotation(block: Uint8Array): number {
  const { length } = block;
  let [one, other, same] = [0, 1, 0];
  while (one < length && other < length && same < length) {
    const a = block[(one + same) % length] as number;
    const b = block[(other + same) % length] as number;
    if (a === b) {
      same++;
      continue;
    }
    if (a > b) one += same + 1;
    else other += same + 1;
    if (one === other) other++;
    same = 0;
  }
  return Math.min(one, other);
}
