import { type Digest, Hasher, sameDigest, sha256 } from '../core/digest.ts';
import type { Progress } from '../core/progress.ts';
import type { ByteSource } from '../core/source.ts';
import { openFile } from '../files/read.ts';
import { tooLong } from '../storage/body.ts';
import { damaged } from './faults.ts';
import type { MediaFiles } from './store.ts';

/** A file inside another: an entry of an archive, a file of an image. */
export interface Contained {
  readonly key: string;
  /** Bytes. */
  readonly length: number;
  /**
   * Its bytes in pieces.
   *
   * @param source the file that it lies in
   * @throws OtaError `media-damaged`, `input-changed`
   */
  pieces(source: ByteSource): AsyncIterable<Uint8Array>;
}

/** What lies in one file. */
export interface Contents {
  find(key: string): Contained | undefined;
  /** All of it, in any order. */
  all(): Iterable<Contained>;
}

/** The files inside the file `path`, to read. It is opened for each of them, so that a stream nobody reads holds nothing open. */
export function containedFiles(path: string, { find, all }: Contents): MediaFiles {
  return {
    url: path,
    read: async (key, maxBytes) => {
      const found = find(key);
      if (found === undefined) return undefined;
      if (found.length > maxBytes) throw tooLong(maxBytes, `${path}: ${key}`);
      const bytes = new Uint8Array(found.length);
      let used = 0;
      for await (const piece of piecesOf(path, found)) {
        bytes.set(piece, used);
        used += piece.length;
      }
      return { bytes, token: sha256(bytes) };
    },
    stream: async (key) => {
      const found = find(key);
      return found === undefined ? undefined : piecesOf(path, found);
    },
    stat: async (key) => {
      const found = find(key);
      return found === undefined ? undefined : { length: found.length };
    },
    list: async function* (prefix) {
      const listed = [...all()].filter(({ key }) => key.startsWith(prefix));
      listed.sort((a, b) => (a.key < b.key ? -1 : 1));
      for (const { key, length } of listed) yield { key, length };
    },
  };
}

/** How a kind of file is looked into: `where` is for messages. */
export type ReadContents = (source: ByteSource, where: string) => Promise<Contents>;

/**
 * Reads back what was just written and nobody has seen yet.
 *
 * @param written every file with the digest that it was written with, by key
 * @throws OtaError `media-damaged` where one has another by now; as `read`
 */
export async function readBack(
  {
    source,
    where,
    read,
  }: { readonly source: ByteSource; readonly where: string; readonly read: ReadContents },
  written: ReadonlyMap<string, Digest>,
  progress: Progress,
): Promise<void> {
  const { find } = await read(source, where);
  let total = 0;
  for (const { length } of written.values()) total += length;
  let done = 0;
  for (const [key, digest] of written) {
    const hasher = new Hasher();
    for await (const piece of find(key)?.pieces(source) ?? []) {
      hasher.update(piece);
      done += piece.length;
      progress({ task: 'read medium back', done, total });
    }
    if (!sameDigest(hasher.digest(), digest))
      throw damaged(where, `${key} does not read back as it was written`);
  }
}

async function* piecesOf(path: string, found: Contained): AsyncGenerator<Uint8Array> {
  const file = await openFile(path);
  try {
    yield* found.pieces(file);
  } finally {
    await file.close();
  }
}
