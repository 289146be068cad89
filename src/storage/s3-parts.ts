import { PART } from '../core/etag.ts';
import type { Lent, Memory } from './s3-memory.ts';

/** One part of an upload; its bytes are valid until it has been sent. */
export interface Part {
  /** From 1. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

const MIB = 2 ** 20;
const MAX_PARTS = 10_000;

/** Bytes in a part, so that 10,000 parts suffice: `PART` for all that a bundle can hold. */
export const partSize = (length: number): number => Math.max(PART, Math.ceil(length / MAX_PARTS / MIB) * MIB);

/**
 * Cuts a stream into parts and sends as many at once as the memory holds. The first failure stops the others and is thrown when all
 * have ended; so is a failure of the stream, which may come after its last byte.
 */
export async function sendParts<T>(
  pieces: AsyncIterable<Uint8Array>,
  size: number,
  memory: Memory,
  send: (part: Part, signal: AbortSignal) => Promise<T>,
): Promise<T[]> {
  const stop = new AbortController();
  const running = new Set<Promise<void>>();
  const results: T[] = [];
  let failure: { readonly error: unknown } | undefined;

  const launch = (number: number, { buffer, giveBack }: Lent, used: number): void => {
    const task = send({ number, bytes: buffer.subarray(0, used) }, stop.signal)
      .then((result) => {
        results[number - 1] = result;
      })
      .catch((error: unknown) => {
        failure ??= { error };
        stop.abort();
      })
      .finally(() => {
        running.delete(task);
        giveBack();
      });
    running.add(task);
  };

  try {
    let number = 1;
    for await (const { lent, used } of filled(pieces, size, memory)) {
      launch(number++, lent, used);
      if (failure !== undefined) throw failure.error;
    }
    await Promise.all(running);
    if (failure !== undefined) throw failure.error;
    return results;
  } catch (error) {
    stop.abort();
    throw failure?.error ?? error;
  } finally {
    await Promise.all(running);
  }
}

async function* filled(
  pieces: AsyncIterable<Uint8Array>,
  size: number,
  memory: Memory,
): AsyncGenerator<{ readonly lent: Lent; readonly used: number }> {
  let lent: Lent | undefined;
  let used = 0;
  try {
    for await (const piece of pieces) {
      for (let from = 0; from < piece.length; ) {
        lent ??= await memory.take(size);
        const count = Math.min(size - used, piece.length - from);
        lent.buffer.set(piece.subarray(from, from + count), used);
        from += count;
        used += count;
        if (used < size) continue;
        const full = lent;
        lent = undefined;
        used = 0;
        yield { lent: full, used: size };
      }
    }
    if (lent === undefined) return;
    const last = lent;
    lent = undefined;
    yield { lent: last, used };
  } finally {
    lent?.giveBack();
  }
}
