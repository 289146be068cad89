import { utf8 } from '../../core/bytes.ts';
import { type Digest, Hasher, sha256 } from '../../core/digest.ts';
import { silent } from '../../core/progress.ts';
import { describe } from '../../files/read.ts';
import { type FileHandle, writeAt, writeAtomic } from '../../files/write.ts';
import { readBack } from '../contained.ts';
import { requirePlace } from '../room.ts';
import { exactly, inOrder, type MediaWriter, totalOf, type WriteMedium } from '../writer.ts';
import { clusterOffset } from './geometry.ts';
import { type ImageLayout, layoutImage, type PlacedFile } from './layout.ts';
import { readImage } from './read.ts';
import { structureOf } from './structure.ts';

/**
 * An image of a stick: a partition table and one FAT32 volume (`docs/formats/media.md`). What is free is never written, so that a file
 * system with holes stores only what is used. The same files, times and size give the same bytes. All of it is read back before it
 * stands at its path.
 *
 * @throws OtaError as `layoutImage` and `readBack`
 */
export const writeImage: WriteMedium = async (path, files, options, use) => {
  const { time, replace = false, size, progress = silent } = options;
  const layout = layoutImage(files, time, size);
  await requirePlace(path, totalOf(files), replace);
  return writeAtomic(
    path,
    async (file) => {
      await file.truncate(layout.geometry.bytes);
      const content = new ContentWriter(file, layout);
      const result = await use(content);
      const written = content.end();
      for (const { offset, bytes } of structureOf(layout, numberOf(written)))
        await writeAt(file, offset, bytes);
      await readBack({ source: await describe(file, path), where: path, read: readImage }, written, progress);
      return result;
    },
    { exclusive: !replace },
  );
};

type Written = ReadonlyMap<string, Digest>;

/** The number of disk and volume follows from all that is on it. */
function numberOf(written: Written): number {
  const lines = [...written].map(([key, { sha256, length }]) => `${key} ${length} ${sha256}\n`);
  return Number.parseInt(sha256(utf8(lines.join(''))).slice(0, 8), 16);
}

class ContentWriter implements MediaWriter {
  readonly #file: FileHandle;
  readonly #layout: ImageLayout;
  readonly #plan: ReturnType<typeof inOrder<PlacedFile>>;
  readonly #written = new Map<string, Digest>();

  constructor(file: FileHandle, layout: ImageLayout) {
    this.#file = file;
    this.#layout = layout;
    this.#plan = inOrder(layout.files);
  }

  async put(key: string, length: number, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const placed = this.#plan.next(key, length);
    const start = clusterOffset(this.#layout.geometry, placed.cluster);
    const hasher = new Hasher();
    for await (const piece of exactly(pieces, length, key)) {
      await writeAt(this.#file, start + hasher.length, piece);
      hasher.update(piece);
    }
    this.#written.set(key, hasher.digest());
  }

  end(): Written {
    this.#plan.end();
    return this.#written;
  }
}
