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
  const archive = await openArchive(mtime);
  const run = async (): Promise<void> => {
    for (const entry of entries) await archive.append(entry);
    await archive.end();
  };
  // A failure comes out of the pieces.
  run().catch(() => {});
  yield* archive.pieces();
}

/** As `writeArchive`, where entries come one by one while the pieces are taken. */
export async function openArchive(mtime: Seconds): Promise<OpenArchive> {
  const { TarArchive } = await import('archiver');
  return new OpenArchive(new TarArchive(), mtime);
}

/**
 * The archive never sees a source fail: tar-stream would emit the error on an inner stream that nobody can listen to, which
 * ends the process. A source that fails stands still instead, and all that waits is rejected.
 */
export class OpenArchive {
  readonly #archive: TarArchive;
  readonly #mtime: Seconds;
  readonly #waiting = new Set<(error: unknown) => void>();
  #source: Readable | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(archive: TarArchive, mtime: Seconds) {
    this.#archive = archive;
    this.#mtime = mtime;
  }

  /**
   * Adds an entry and waits until it was taken. One at a time, so that only one source is open and buffered.
   *
   * @throws OtaError `input-changed` where the content has another length; what the content throws, or what `fail` was given
   */
  async append(entry: Content): Promise<void> {
    this.#source = Readable.from(this.#guarded(entry), { objectMode: false });
    const done = once(this.#archive, 'entry');
    this.#archive.append(this.#source, {
      name: entry.path,
      date: new Date(this.#mtime * 1000),
      mode: 0o644,
      // The size is all that is read of it; without it, the whole stream would be collected in memory.
      stats: { size: entry.length } as Stats,
    });
    await this.#unlessItFails(done);
  }

  async end(): Promise<void> {
    await this.#unlessItFails(this.#archive.finalize());
  }

  /** Ends everything that waits, where the archive will not be whole. The first failure counts. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    for (const reject of this.#waiting) reject(this.#failure.error);
    this.#source?.destroy();
  }

  /** The bytes of the archive; once. @throws what an entry failed by */
  async *pieces(): AsyncGenerator<Uint8Array> {
    const pieces = (this.#archive as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.#unlessItFails(pieces.next());
        if (next.done) return;
        yield next.value;
      }
    } finally {
      this.fail(new OtaError('output-failed', 'the archive is not taken any more'));
    }
  }

  /**
   * What is awaited, or the failure, whichever comes first. `Promise.race` with one promise of the failure would keep every
   * piece in memory that was ever raced with it.
   */
  #unlessItFails<T>(awaited: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#failure) reject(this.#failure.error);
      this.#waiting.add(reject);
      awaited.then(resolve, reject).finally(() => this.#waiting.delete(reject));
    });
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
      this.fail(error);
      await new Promise(() => {});
    }
  }
}
