import { type ByteSource, slice } from '../../../core/source.ts';
import { type FoundStream, type Packer, StreamDamage } from '../codec.ts';
import type { Finder } from '../finder.ts';
import { fileBlocks } from '../squashfs/files.ts';
import {
  METADATA,
  type MetadataBlock,
  MetadataReader,
  metadataAt,
  metadataBlocks,
} from '../squashfs/metadata.ts';
import { place, readSuperblock, type Superblock } from '../squashfs/superblock.ts';
import { occurrences } from './search.ts';

const MAGIC = Buffer.from('hsqs');
/** Groups of the tables, beside those of files, which start at 0; each image has its own range of numbers. */
const TABLES = {
  inodes: 2 ** 33,
  directories: 2 ** 33 + 1,
  fragments: 2 ** 33 + 2,
  other: 2 ** 33 + 3,
} as const;
const RANGE = 2 ** 34;

/**
 * The packed blocks of squashfs 4.0 images, wherever one starts: data, fragments, and the metadata of the inode, directory,
 * fragment, export and id tables.
 */
export const squashfs: Finder = {
  name: 'squashfs',
  find: async (image) => {
    const found: FoundStream[] = [];
    let free = 0;
    let images = 0;
    for await (const at of occurrences(image, [MAGIC])) {
      if (at < free) continue;
      const rest = slice(image, at, image.length - at);
      const superblock = await readSuperblock(rest);
      if (!superblock) continue;
      const group = RANGE * images++;
      for (const stream of await streamsOf(slice(rest, 0, superblock.used), superblock)) {
        const inGroup = stream.group === undefined ? {} : { group: group + stream.group };
        found.push({ ...stream, ...inGroup, offset: at + stream.offset });
      }
      free = at + superblock.used;
    }
    return found;
  },
};

async function streamsOf(image: ByteSource, superblock: Superblock): Promise<readonly FoundStream[]> {
  const { packed, blockSize, inodes, inodeTable, directoryTable } = superblock;
  const [params] = packed.guesses;
  if (!params) return [];
  const packer: Packer = { codec: packed.codec, params };
  const streams: FoundStream[] = [];
  const add = (offset: number, length: number, most: number, group?: number) => {
    if (offset + length > image.length) return;
    streams.push({ ...packed, offset, length, most, ...(group === undefined ? {} : { group }) });
  };
  const addMetadata = (block: MetadataBlock, group: number) => {
    if (block.packed) add(block.offset, block.length, METADATA, group);
  };
  const table = new MetadataReader(image, metadataBlocks(image, inodeTable, directoryTable), packer);
  await whole(async () => {
    for await (const { offset, length, file } of fileBlocks(table, inodes, blockSize)) {
      add(offset, length, blockSize, file);
    }
  });
  for await (const block of metadataBlocks(image, inodeTable, directoryTable))
    addMetadata(block, TABLES.inodes);

  const fragments = await indexed(image, superblock.fragmentTable, 16 * superblock.fragments);
  const others = [
    ...(await indexed(image, superblock.exportTable, 8 * inodes)),
    ...(await indexed(image, superblock.idTable, 4 * superblock.ids)),
  ];
  const end = [...fragments, ...others].reduce(
    (least, { offset }) => Math.min(least, offset - 2),
    image.length,
  );
  for await (const block of metadataBlocks(image, directoryTable, end))
    addMetadata(block, TABLES.directories);
  for (const block of fragments) addMetadata(block, TABLES.fragments);
  for (const block of others) addMetadata(block, TABLES.other);
  await whole(async () => {
    const list = new MetadataReader(image, each(fragments), packer);
    for (let index = 0; index < superblock.fragments; index++) {
      const view = await list.take(16);
      const offset = view && place(view, 0);
      if (!view || offset === undefined) return;
      const size = view.getUint32(8, true);
      // The bit says that a fragment block is not packed.
      if (size > 0 && size <= blockSize) add(offset, size, blockSize);
    }
  });
  return streams;
}

/** Metadata blocks of a table that is found through a list of their places. */
async function indexed(
  image: ByteSource,
  start: number | undefined,
  length: number,
): Promise<readonly MetadataBlock[]> {
  const blocks: MetadataBlock[] = [];
  if (start === undefined) return blocks;
  const count = Math.min(Math.ceil(length / METADATA), Math.floor((image.length - start) / 8));
  for (let index = 0; index < count; index++) {
    const bytes = await image.read(start + 8 * index, 8);
    const at = place(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0);
    const block = at === undefined ? undefined : await metadataAt(image, at, image.length);
    if (!block) break;
    blocks.push(block);
  }
  return blocks;
}

async function* each<T>(list: readonly T[]): AsyncGenerator<T> {
  yield* list;
}

/** What was found before a table turned out to be damaged stays found. */
async function whole(walk: () => Promise<void>): Promise<void> {
  try {
    await walk();
  } catch (error) {
    if (!(error instanceof StreamDamage)) throw error;
  }
}
