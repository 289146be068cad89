import { MAX_MTIME } from '../../bundle/archive/header.ts';
import { openArchive } from '../../bundle/archive/write.ts';
import { type Digest, Hasher } from '../../core/digest.ts';
import { silent } from '../../core/progress.ts';
import { describe } from '../../files/read.ts';
import { writeAtomic } from '../../files/write.ts';
import { readBack } from '../contained.ts';
import { requirePlace } from '../room.ts';
import { exactly, inOrder, totalOf, type WriteMedium } from '../writer.ts';
import { readTar } from './read.ts';

/**
 * A medium as a tar archive: unpacked onto a stick, it is the same medium. The same files and time give the same bytes. All of it is
 * read back before it stands at its path.
 *
 * @throws OtaError `output-exists`, `output-failed`, `disk-full`; as `readBack`; what `use` throws
 */
export const writeTar: WriteMedium = async (path, files, options, use) => {
  const { time, replace = false, progress = silent } = options;
  await requirePlace(path, totalOf(files), replace);
  const archive = await openArchive(Math.min(Math.max(time, 0), MAX_MTIME));
  const digests = new Map<string, Digest>();
  const written = writeAtomic(
    path,
    async (file) => {
      // `write` may stop short; `writeFile` goes on from where the file stands until all is written.
      for await (const piece of archive.pieces()) await file.writeFile(piece);
      await readBack({ source: await describe(file, path), where: path, read: readTar }, digests, progress);
    },
    { exclusive: !replace },
  );
  // It is awaited below; meanwhile, whatever waits for the archive hears of its failure.
  written.catch(() => {});
  const plan = inOrder(files);
  try {
    const result = await use({
      put: async (key, length, pieces) => {
        plan.next(key, length);
        const hasher = new Hasher();
        const open = () => hashed(exactly(pieces, length, key), hasher);
        await archive.append({ path: key, length, open });
        digests.set(key, hasher.digest());
      },
    });
    plan.end();
    await archive.end();
    await written;
    return result;
  } catch (error) {
    archive.fail(error);
    // What went wrong first.
    await written;
    throw error;
  }
};

async function* hashed(pieces: AsyncIterable<Uint8Array>, hasher: Hasher): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    hasher.update(piece);
    yield piece;
  }
}
