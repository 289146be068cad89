import { OtaError } from '../core/errors.ts';
import type { MediaWriter, PlannedFile } from './writer.ts';

/**
 * Bytes of the longest file on a medium, for FAT32: less than the four GiB less one that it allows, since tools round up to whole clusters in
 * 32 bits. `fsck.fat` 4.2 takes a longer file for one without content, and offers to cut it off.
 */
export const MAX_PART = 2 ** 32 - 2 ** 16;

/**
 * A file as it lies on the medium: whole, or in parts `<key>.part-000`, `<key>.part-001` and so on, each of `limit` bytes but the last.
 *
 * @throws OtaError `input-too-large` for more than a thousand parts
 */
export function partsOf(key: string, length: number, limit: number): readonly PlannedFile[] {
  if (length <= limit) return [{ key, length }];
  const count = Math.ceil(length / limit);
  if (count > 1000) {
    throw new OtaError('input-too-large', `${key} would be ${count} parts on the medium, more than 1000`, {
      where: key,
      hint: 'Allow longer parts.',
    });
  }
  return Array.from({ length: count }, (_, index) => ({
    key: partKey(key, index),
    length: Math.min(limit, length - index * limit),
  }));
}

export const isPartOf = (name: string, key: string): boolean =>
  name.startsWith(`${key}.part-`) && /^\d{3}$/.test(name.slice(key.length + '.part-'.length));

const partKey = (key: string, index: number): string => `${key}.part-${String(index).padStart(3, '0')}`;

/**
 * Writes a file, in parts where it is longer than one may be.
 *
 * @throws OtaError `input-changed` where the pieces have another length; as `partsOf` and `MediaWriter.put`
 */
export async function putParts(
  writer: MediaWriter,
  { key, length }: PlannedFile,
  pieces: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<void> {
  const cutter = new Cutter(pieces);
  const parts = partsOf(key, length, limit);
  try {
    for (const part of parts.slice(0, -1)) await writer.put(part.key, part.length, cutter.take(part.length));
    // The last takes all that comes, so that bytes too many are noticed.
    for (const part of parts.slice(-1)) await writer.put(part.key, part.length, cutter.rest());
  } finally {
    await cutter.stop();
  }
}

/** Gives one stream as several, one after the other. */
class Cutter {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #left: Uint8Array = new Uint8Array();

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** The next bytes, fewer where the stream ends. */
  async *take(length: number): AsyncGenerator<Uint8Array> {
    for (let missing = length; missing > 0; ) {
      if (this.#left.length === 0) {
        const next = await this.#pieces.next();
        if (next.done) return;
        this.#left = next.value;
      }
      const piece = this.#left.subarray(0, missing);
      this.#left = this.#left.subarray(piece.length);
      missing -= piece.length;
      yield piece;
    }
  }

  rest(): AsyncGenerator<Uint8Array> {
    return this.take(Number.POSITIVE_INFINITY);
  }

  async stop(): Promise<void> {
    await this.#pieces.return?.();
  }
}
