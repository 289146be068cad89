import { OtaError } from '../../src/core/errors.ts';
import type { ReadStore } from '../../src/storage/store.ts';

/** Small, so that nothing comes in one piece by chance; large objects come in a thousand pieces. */
const PIECE = 64;

/** A store in memory to be read from; a test puts into `objects` whatever it wants found. */
export class MemoryStore implements ReadStore {
  readonly url = 'memory:';
  readonly objects: Map<string, Uint8Array>;
  /** Every key that was asked for, in order. */
  readonly asked: string[] = [];

  constructor(objects: Iterable<readonly [string, Uint8Array]> = []) {
    this.objects = new Map(objects);
  }

  async read(key: string, maxBytes: number) {
    this.asked.push(key);
    const bytes = this.objects.get(key);
    if (!bytes) return undefined;
    if (bytes.length > maxBytes) {
      throw new OtaError('length-mismatch', `${key} has more than ${maxBytes} bytes`, { where: key });
    }
    return { bytes, token: `${key}#${bytes.length}` };
  }

  async stat(key: string): Promise<{ readonly length: number } | undefined> {
    this.asked.push(key);
    const bytes = this.objects.get(key);
    return bytes && { length: bytes.length };
  }

  async stream(key: string) {
    this.asked.push(key);
    const bytes = this.objects.get(key);
    return bytes && pieces(bytes);
  }
}

async function* pieces(bytes: Uint8Array) {
  const size = Math.max(PIECE, Math.ceil(bytes.length / 1_000));
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
