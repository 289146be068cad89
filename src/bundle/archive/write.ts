import { once } from 'node:events';
import type { Stats } from 'node:fs';
import { Readable } from 'node:stream';
import type { TarArchive } from 'archiver';
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
 */
export async function* writeArchive(entries: readonly Content[], mtime: Seconds): AsyncGenerator<Uint8Array> {
  const { TarArchive } = await import('archiver');
  const archive = new TarArchive();
  const feeding = feed(archive, entries, mtime);
  // A failure reaches the reader below through the archive; it is awaited only when reading has ended well.
  feeding.catch(() => {});
  yield* archive as AsyncIterable<Uint8Array>;
  await feeding;
}

/** One entry at a time, so that only one source is open and buffered. */
async function feed(archive: TarArchive, entries: readonly Content[], mtime: Seconds): Promise<void> {
  for (const entry of entries) {
    const source = Readable.from(entry.open(), { objectMode: false });
    source.once('error', (error) => archive.destroy(error));
    const done = once(archive, 'entry');
    archive.append(source, {
      name: entry.path,
      date: new Date(mtime * 1000),
      mode: 0o644,
      // The size is all that is read of it; without it, the whole stream would be collected in memory.
      stats: { size: entry.length } as Stats,
    });
    await done;
  }
  await archive.finalize();
}
