import { concatBytes } from '../../core/bytes.ts';
import { Hasher } from '../../core/digest.ts';
import { OtaError } from '../../core/errors.ts';
import type { Progress } from '../../core/progress.ts';
import { checkFile, hashOf } from '../../repository/checks.ts';
import { targetKey } from '../../repository/layout.ts';
import type { FoundTarget } from '../../repository/lookup.ts';
import type { ReadStore } from '../../storage/store.ts';

/**
 * Streams a target, never past its signed length (TUF 1.0.34, section 5.7). The last piece is given out only when length
 * and digest were right, so whoever has read to the end has read the target; what came before it is not trusted until then.
 *
 * @param consistent whether the store keeps targets under their hash
 * @throws OtaError `target-missing`, `target-path`, `length-mismatch`, `digest-mismatch`; as `ReadStore.stream`
 */
export async function* downloadTarget(
  store: ReadStore,
  target: FoundTarget,
  consistent: boolean,
  progress: Progress,
): AsyncGenerator<Uint8Array> {
  const algorithm = hashOf(target);
  const hasher = new Hasher(algorithm);
  const key = targetKey(target.path, consistent && algorithm ? target[algorithm] : undefined);
  const pieces = await store.stream(key);
  if (!pieces) {
    throw new OtaError('target-missing', `${store.url} has no ${key}, which its metadata lists`, {
      where: key,
      hint: 'The repository is incomplete: a publication was cut off, or a mirror is behind. Try again later.',
    });
  }
  let held: Uint8Array | undefined;
  for await (const piece of pieces) {
    hasher.update(piece);
    if (hasher.length > target.length) {
      throw new OtaError(
        'length-mismatch',
        `${key} has more bytes than the ${target.length} that are signed`,
        {
          where: key,
          hint: 'A mirror answers with another file. Try again; if it stays so, tell the publisher.',
        },
      );
    }
    if (held) yield held;
    held = piece;
    progress({ task: `download ${target.path}`, done: hasher.length, total: target.length });
  }
  checkFile(hasher.length, () => hasher.hex(), target, key);
  if (held) yield held;
}

/** A whole small target. @throws OtaError as `downloadTarget`, and `target-too-large` where it is larger than `maxBytes` */
export async function readTarget(
  pieces: AsyncIterable<Uint8Array>,
  target: FoundTarget,
  maxBytes: number,
): Promise<Uint8Array> {
  if (target.length > maxBytes) {
    throw new OtaError(
      'target-too-large',
      `${target.path} has ${target.length} bytes, more than ${maxBytes}`,
      {
        where: target.path,
        hint: 'It is a document that has to be held in memory; the publisher has to make it smaller.',
      },
    );
  }
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return concatBytes(...parts);
}
