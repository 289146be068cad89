import { once } from 'node:events';
import type { Stats } from 'node:fs';
import { Readable } from 'node:stream';
import type { TarArchive } from 'archiver';
import { OtaError } from '../../core/errors.ts';
import type { Seconds } from '../../core/time.ts';
import type { Entry } from './header.ts';

/** An entry with its content, which must have exactly its length. */
export interface Content extends Entry {
  open(): AsyncIterable<Uint8Array>;
}

/**
 * A tar archive of these entries, in their order, as a stream. Every entry is a regular file with mode 0644, user and group
 * 0 and the one time.
 *
 * @param mtime seconds, up to `MAX_MTIME`
 * @throws OtaError `input-changed` where a content has another length; what a content throws
 */
export async function* writeArchive(entries: readonly Content[], mtime: Seconds): AsyncGenerator<Uint8Array> {
  const { TarArchive } = await import('archiver');
  const archive = new TarArchive();
  const feed = new Feed(archive, mtime);
  const pieces = (archive as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  feed.start(entries);
  try {
    for (;;) {
      const next = await feed.unlessItFails(pieces.next());
      if (next.done) return;
      yield next.value;
    }
  } finally {
    feed.stop();
  }
}

/**
 * Puts entries into the archive one at a time, so that only one source is open and buffered.
 *
 * The archive never sees a source fail: tar-stream would emit the error on an inner stream that nobody can listen to, which
 * ends the process. A source that fails stands still instead, and `unlessItFails` rejects.
 */
class Feed {
  readonly #archive: TarArchive;
  readonly #mtime: Seconds;
  #source: Readable | undefined;
  #failure: { readonly error: unknown } | undefined;
  #reject: (error: unknown) => void = () => {};

  constructor(archive: TarArchive, mtime: Seconds) {
    this.#archive = archive;
    this.#mtime = mtime;
  }

  start(entries: readonly Content[]): void {
    this.#run(entries).catch((error) => this.#fail(error));
  }

  /**
   * What is awaited, or the failure of the feed, whichever comes first. `Promise.race` with one promise of the failure would
   * keep every piece in memory that was ever raced with it.
   */
  unlessItFails<T>(awaited: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      if (this.#failure) reject(this.#failure.error);
      awaited.then(resolve, reject);
    });
  }

  /** Closes the source that is open, if any. */
  stop(): void {
    this.#source?.destroy();
  }

  #fail(error: unknown): void {
    this.#failure = { error };
    this.#reject(error);
  }

  async #run(entries: readonly Content[]): Promise<void> {
    for (const entry of entries) {
      this.#source = Readable.from(this.#guarded(entry), { objectMode: false });
      const done = once(this.#archive, 'entry');
      this.#archive.append(this.#source, {
        name: entry.path,
        date: new Date(this.#mtime * 1000),
        mode: 0o644,
        // The size is all that is read of it; without it, the whole stream would be collected in memory.
        stats: { size: entry.length } as Stats,
      });
      await done;
    }
    await this.#archive.finalize();
  }

  async *#guarded({ path, length, open }: Content): AsyncGenerator<Uint8Array> {
    let given = 0;
    try {
      for await (const piece of open()) {
        given += piece.length;
        if (given > length) break;
        yield piece;
      }
      if (given === length) return;
      throw new OtaError('input-changed', `${path} does not have the ${length} bytes that it had`, {
        where: path,
      });
    } catch (error) {
      this.#fail(error);
      await new Promise(() => {});
    }
  }
}
