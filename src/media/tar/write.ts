import { MAX_MTIME } from '../../bundle/archive/header.ts';
import { openArchive } from '../../bundle/archive/write.ts';
import { writeStreamAtomic } from '../../files/write.ts';
import { inOrder, type WriteMedium } from '../writer.ts';

/**
 * A medium as a tar archive: unpacked onto a stick, it is the same medium. The same files and time give the same bytes.
 *
 * @throws OtaError `output-exists`, `output-failed`, `disk-full`; what `use` throws
 */
export const writeTar: WriteMedium = async (path, files, { time, replace = false }, use) => {
  const archive = await openArchive(Math.min(Math.max(time, 0), MAX_MTIME));
  const written = writeStreamAtomic(path, archive.pieces(), { exclusive: !replace });
  // It is awaited below; meanwhile, whatever waits for the archive hears of its failure.
  written.catch(() => {});
  const plan = inOrder(files);
  try {
    const result = await use({
      put: async (key, length, pieces) => {
        plan.next(key, length);
        await archive.append({ path: key, length, open: () => pieces });
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
