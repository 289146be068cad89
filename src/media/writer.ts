import type { Digest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { Progress } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';

/** A file as it lies on the medium: a part, where the whole would be too long for its file system. */
export interface PlannedFile {
  readonly key: string;
  /** Bytes. */
  readonly length: number;
}

export interface MediaWriter {
  /**
   * Writes the next planned file, which must have exactly its length.
   *
   * @throws OtaError `input-changed` where the pieces have another length; `disk-full`, `output-failed`; what the pieces throw
   */
  put(key: string, length: number, pieces: AsyncIterable<Uint8Array>): Promise<void>;
  /**
   * Whether what lies there already is a file, read to its end; one in parts is asked for as a whole. Only where files can be put in any order
   * and again; else all of them are put, once and in their order.
   */
  holds?(key: string, digest: Digest, seen: (bytes: number) => void): Promise<boolean>;
}

export interface WriteMediumOptions {
  /** The time of every entry. */
  readonly time: Seconds;
  /** Replace what stands there. */
  readonly replace?: boolean;
  /** The list of what is on it: where the same one stands already, the medium is gone over and mended. */
  readonly list?: Digest;
  /** Bytes of an image; other media are as large as what is on them. */
  readonly size?: number;
  /** Of reading back; of writing, whoever puts the files tells. */
  readonly progress?: Progress;
}

/**
 * Writes a medium of exactly these files in this order, the list of them last. It stands at `path` once `use` has put all of them;
 * where anything fails, no finished one does.
 *
 * @throws OtaError `output-exists`, `output-failed`, `disk-full`; what `use` throws
 */
export type WriteMedium = <T>(
  path: string,
  files: readonly PlannedFile[],
  options: WriteMediumOptions,
  use: (writer: MediaWriter) => Promise<T>,
) => Promise<T>;

/** Holds what is put against the plan: a writer that puts anything else is a bug of ours. */
export function inOrder<T extends PlannedFile>(
  files: readonly T[],
): { readonly next: (key: string, length: number) => T; readonly end: () => void } {
  let done = 0;
  return {
    next: (key, length) => {
      const planned = files[done];
      if (planned?.key !== key || planned.length !== length) {
        throw new TypeError(`${key} is put where ${planned?.key ?? 'the end'} was planned`);
      }
      done += 1;
      return planned;
    },
    end: () => {
      if (done < files.length) throw new TypeError(`${files[done]?.key} was planned and not put`);
    },
  };
}

/** Pieces that must have a length together. @throws OtaError `input-changed` */
export async function* exactly(
  pieces: AsyncIterable<Uint8Array>,
  length: number,
  key: string,
): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const piece of pieces) {
    done += piece.length;
    if (done > length) break;
    yield piece;
  }
  if (done === length) return;
  const found = done > length ? 'more' : done;
  throw new OtaError('input-changed', `${key} has ${found} bytes, not the ${length} that were planned`, {
    where: key,
  });
}

export const totalOf = (files: readonly PlannedFile[]): number =>
  files.reduce((sum, { length }) => sum + length, 0);
