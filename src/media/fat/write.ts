import { utf8 } from '../../core/bytes.ts';
import { Hasher } from '../../core/digest.ts';
import { OtaError } from '../../core/errors.ts';
import { type FileHandle, writeAt, writeAtomic } from '../../files/write.ts';
import { inOrder, type MediaWriter, type WriteMedium } from '../writer.ts';
import { clusterOffset } from './geometry.ts';
import { type ImageLayout, layoutImage, type PlacedFile } from './layout.ts';
import { structureOf } from './structure.ts';

/**
 * An image of a stick: a partition table and one FAT32 volume (`docs/formats/media.md`). What is free is never written, so that a file
 * system with holes stores only what is used. The same files, times and size give the same bytes.
 *
 * @throws OtaError as `layoutImage`
 */
export const writeImage: WriteMedium = async (path, files, { time, replace = false, size }, use) => {
  const layout = layoutImage(files, time, size);
  return writeAtomic(
    path,
    async (file) => {
      await file.truncate(layout.geometry.bytes);
      const content = new ContentWriter(file, layout);
      const result = await use(content);
      for (const { offset, bytes } of structureOf(layout, content.end())) await writeAt(file, offset, bytes);
      return result;
    },
    { exclusive: !replace },
  );
};

/** Digests what it writes: the number of disk and volume follows from it. */
class ContentWriter implements MediaWriter {
  readonly #file: FileHandle;
  readonly #layout: ImageLayout;
  readonly #plan: ReturnType<typeof inOrder<PlacedFile>>;
  readonly #content = new Hasher();

  constructor(file: FileHandle, layout: ImageLayout) {
    this.#file = file;
    this.#layout = layout;
    this.#plan = inOrder(layout.files);
  }

  async put(key: string, length: number, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const placed = this.#plan.next(key, length);
    const start = clusterOffset(this.#layout.geometry, placed.cluster);
    this.#content.update(utf8(`${key}\0${length}\0`));
    let written = 0;
    for await (const piece of pieces) {
      if (written + piece.length > length) throw changed(placed);
      this.#content.update(piece);
      await writeAt(this.#file, start + written, piece);
      written += piece.length;
    }
    if (written < length) throw changed(placed);
  }

  end(): number {
    this.#plan.end();
    return Number.parseInt(this.#content.hex().slice(0, 8), 16);
  }
}

const changed = ({ key, length }: PlacedFile): OtaError =>
  new OtaError('input-changed', `${key} does not have the ${length} bytes that it had`, { where: key });
