/** One part of an upload; its bytes are valid until it has been sent. */
export interface Part {
  /** From 1. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

const MIB = 2 ** 20;
/** Smaller objects are stored in one request. */
export const PART = 16 * MIB;
const MAX_PARTS = 10_000;
/** Bytes of parts in memory at once; parts of more than this are sent one after another. */
const MEMORY = 64 * MIB;

/** Bytes in a part, so that 10,000 parts suffice. */
export const partSize = (length: number): number => Math.max(PART, Math.ceil(length / MAX_PARTS / MIB) * MIB);

/**
 * Cuts a stream into parts and sends several at once from buffers that are used again. The first failure stops the others and is
 * thrown when all have ended; so is a failure of the stream, which may come after its last byte.
 */
export async function sendParts<T>(
  pieces: AsyncIterable<Uint8Array>,
  size: number,
  send: (part: Part, signal: AbortSignal) => Promise<T>,
): Promise<T[]> {
  const stop = new AbortController();
  const free = Array.from({ length: Math.max(1, Math.floor(MEMORY / size)) }, (): Buffer => Buffer.alloc(0));
  const running = new Set<Promise<void>>();
  const results: T[] = [];
  let failure: { readonly error: unknown } | undefined;

  const launch = (number: number, buffer: Buffer, used: number): void => {
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
        free.push(buffer);
      });
    running.add(task);
  };
  const nextBuffer = async (): Promise<Buffer> => {
    while (free.length === 0) await Promise.race(running);
    if (failure !== undefined) throw failure.error;
    const buffer = free.pop() ?? Buffer.alloc(0);
    return buffer.length === size ? buffer : Buffer.allocUnsafeSlow(size);
  };

  try {
    let number = 1;
    for await (const { buffer, used } of filled(pieces, nextBuffer)) launch(number++, buffer, used);
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
  nextBuffer: () => Promise<Buffer>,
): AsyncGenerator<{ readonly buffer: Buffer; readonly used: number }> {
  let buffer: Buffer | undefined;
  let used = 0;
  for await (const piece of pieces) {
    for (let from = 0; from < piece.length; ) {
      buffer ??= await nextBuffer();
      const count = Math.min(buffer.length - used, piece.length - from);
      buffer.set(piece.subarray(from, from + count), used);
      from += count;
      used += count;
      if (used < buffer.length) continue;
      yield { buffer, used };
      buffer = undefined;
      used = 0;
    }
  }
  if (buffer !== undefined) yield { buffer, used };
}
