import { type Digest, Hasher, sameDigest } from './digest.ts';
import { OtaError } from './errors.ts';

/**
 * Passes pieces through and refuses them at their end when they are not what was signed: whoever reads to the end has read
 * the expected bytes. Stops as soon as there are too many.
 *
 * @param what names them in messages, as in `the image of linux`
 * @throws OtaError `length-mismatch`, `digest-mismatch`
 */
export async function* verified(
  pieces: AsyncIterable<Uint8Array>,
  expected: Digest,
  what: string,
): AsyncGenerator<Uint8Array> {
  const hasher = new Hasher();
  for await (const piece of pieces) {
    hasher.update(piece);
    if (hasher.length > expected.length) break;
    yield piece;
  }
  const { length } = hasher;
  if (length !== expected.length) {
    const found =
      length > expected.length ? `more than ${expected.length}` : `only ${length} of ${expected.length}`;
    throw new OtaError('length-mismatch', `${what} has ${found} bytes`, { where: what, hint: HINT });
  }
  if (sameDigest(hasher.digest(), expected)) return;
  throw new OtaError('digest-mismatch', `${what} is not the one that is signed`, { where: what, hint: HINT });
}

const HINT = 'It was damaged or changed on its way: get it again from where it was made.';
