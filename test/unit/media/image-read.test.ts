import { describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from '../../../src/core/bytes.ts';
import { memorySource } from '../../../src/core/source.ts';
import { readEntries } from '../../../src/media/fat/entries.ts';
import { SECTOR } from '../../../src/media/fat/geometry.ts';
import { readImage } from '../../../src/media/fat/read.ts';
import { refusal } from '../../support/client.ts';
import { noise } from '../../support/release.ts';
import { type Files, type SmallVolume, smallVolume } from './support.ts';

const FILES: Files = [
  ['metadata/1.root.json', noise(1, 1500)],
  ['targets/gateway/1.0.0/radio', noise(2, 5000)],
  ['ota-media.json', utf8('{}')],
];
const RADIO = 'targets/gateway/1.0.0/radio';
const whole = (): SmallVolume => smallVolume(FILES);

async function bytesOf({ source }: SmallVolume, key = RADIO): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of (await readImage(source, 'stick.img')).find(key)?.pieces(source) ?? [])
    parts.push(piece);
  return concatBytes(...parts);
}

const damage = async (volume: SmallVolume, key = RADIO): Promise<string> => {
  const error = await refusal(() => bytesOf(volume, key));
  expect(error.code).toBe('media-damaged');
  return error.message;
};

it('finds names without regard to case, and reads a file that lies in pieces', async () => {
  const volume = whole();
  expect(await bytesOf(volume, 'Targets/GATEWAY/1.0.0/Radio')).toEqual(FILES[1]?.[1]);
  // Its second cluster goes to the end of the volume, its fourth before that.
  const first = volume.clusterOf(RADIO);
  const move = (from: number, to: number): void => {
    volume.bytes.copy(volume.bytes, volume.at(to), volume.at(from), volume.at(from) + SECTOR);
    volume
      .link(from - 1, to)
      .link(to, from + 1)
      .link(from, 0);
  };
  move(first + 1, 100);
  move(first + 3, 99);
  expect(await bytesOf(volume)).toEqual(FILES[1]?.[1]);
});

describe('a chain', () => {
  it('that runs in a circle', async () => {
    const volume = whole();
    const first = volume.clusterOf(RADIO);
    expect(await damage(volume.link(first + 9, first))).toContain('goes on after its 5000 bytes');
  });

  it('that is too short', async () => {
    const volume = whole();
    const message = await damage(volume.link(volume.clusterOf(RADIO) + 4, 0x0fffffff));
    expect(message).toContain('ends after 2560 of 5000 bytes');
  });

  it.each([0, 1, 102, 0x0ffffff7])('that leads to %d', async (next) => {
    const volume = whole();
    expect(await damage(volume.link(volume.clusterOf(RADIO), next))).toContain('that does not exist');
  });

  it('of a folder that runs in a circle', async () => {
    expect(await damage(whole().link(2, 2))).toContain('the folder / comes back to one that was read');
  });
});

describe('an entry', () => {
  /** Where the entry of a file lies, by the start of its short name. */
  const entryOf = (volume: SmallVolume, short: string): number =>
    volume.bytes.indexOf(short.padEnd(8), 0, 'latin1');

  it('that starts where nothing is', async () => {
    const volume = whole();
    volume.bytes.writeUInt16LE(102, entryOf(volume, 'RADIO') + 26);
    expect(await damage(volume)).toContain('that does not exist');
  });

  it('of a file that is longer than the volume', async () => {
    const volume = whole();
    volume.bytes.writeUInt32LE(100 * SECTOR + 1, entryOf(volume, 'RADIO') + 28);
    expect(await damage(volume)).toContain('would be longer than all of stick.img');
  });

  it('of a folder that is one above', async () => {
    const volume = whole();
    volume.bytes.writeUInt16LE(2, entryOf(volume, 'GATEWAY') + 26);
    expect(await damage(volume)).toContain('/targets/gateway/ comes back to one');
  });

  it('of a name that is there twice', async () => {
    const volume = smallVolume([...FILES, ['RADIO.x', noise(1, 1)], ['RADIO.y', noise(2, 1)]]);
    const [x, y] = ['RADIO   X', 'RADIO   Y'].map((short) => volume.bytes.indexOf(short, 0, 'latin1'));
    // Without its long name.
    volume.bytes.copy(volume.bytes, y, x, (x ?? 0) + 11);
    volume.bytes.copy(volume.bytes, (y ?? 0) - 32, (x ?? 0) - 32, x);
    expect(await damage(volume)).toContain('RADIO.x is there twice');
  });
});

it('a long name counts only where it is whole and belongs to its entry', () => {
  const volume = smallVolume([['a-long-name-that-takes.two-entries', noise(1, 1)]]);
  const root = volume.bytes.subarray(volume.at(2), volume.at(3));
  const namesWith = (change: (entries: Buffer) => void): string[] => {
    const entries = Buffer.from(root);
    change(entries);
    return [...readEntries(entries)].map(({ name }) => name);
  };
  // The label, three entries of the long name, its file.
  expect(namesWith(() => {})).toEqual(['a-long-name-that-takes.two-entries']);
  const short = ['A-LONG-~1.TWO'.replace('A-LONG-~1', 'A-LONG~1')];
  expect(namesWith((entries) => entries.writeUInt8(entries.readUInt8(64 + 13) ^ 1, 64 + 13))).toEqual(short);
  expect(namesWith((entries) => entries.writeUInt8(5, 64))).toEqual(short);
  expect(namesWith((entries) => entries.writeUInt8(0xe5, 32))).toEqual(short);
  expect(namesWith((entries) => entries.write('B', 128))).toEqual([`B${short[0]?.slice(1)}`]);
  expect(
    namesWith((entries) => entries.writeUInt8(0x18, 128 + 12).valueOf() && entries.fill(0xe5, 32, 128)),
  ).toEqual(['a-long~1.two']);
  expect(namesWith((entries) => entries.writeUInt8(0xe5, 128))).toEqual([]);
  expect(namesWith((entries) => entries.writeUInt8(0, 32))).toEqual([]);
});

describe('the first sector of a volume', () => {
  it.each([
    ['has sectors of another size', 11, 16, 4096],
    ['has clusters of no size', 13, 8, 3],
    ['has clusters of no size', 13, 8, 0],
    ['has no tables', 14, 16, 0],
    ['has no tables', 16, 8, 3],
    ['has fields of FAT16', 17, 16, 512],
    ['has fields of FAT16', 19, 16, 512],
    ['is of another version', 22, 16, 9],
    ['is of another version', 42, 16, 1],
    ['says more sectors than there are', 32, 32, 2 ** 32 - 1],
    ['names a table that is not there', 40, 16, 0x82],
    ['leaves no room for files', 32, 32, 10],
    ['leaves no room for files', 36, 32, 2 ** 32 - 1],
    ['has tables that are too short', 36, 32, 0],
    ['has no root folder', 44, 32, 1],
    ['has no root folder', 44, 32, 102],
  ])('%s', async (why, at, bits, value) => {
    const volume = whole();
    if (bits === 8) volume.bytes.writeUInt8(value, at);
    else if (bits === 16) volume.bytes.writeUInt16LE(value, at);
    else volume.bytes.writeUInt32LE(value, at);
    expect(await damage(volume)).toContain(why);
  });

  it('may say that the second table counts', async () => {
    const volume = whole();
    volume.bytes.writeUInt16LE(0x81, 40);
    // The first is of no use then.
    volume.bytes.fill(0, 8 * SECTOR, 9 * SECTOR);
    expect(await bytesOf(volume)).toEqual(FILES[1]?.[1]);
  });
});

describe('what is no image', () => {
  const code = async (bytes: Uint8Array): Promise<string> =>
    (await refusal(() => readImage(memorySource(bytes), 'stick.img'))).code;

  it('is told so', async () => {
    expect(await code(new Uint8Array(100))).toBe('media-missing');
    expect(await code(noise(1, 4096))).toBe('media-missing');
    const empty = Buffer.alloc(SECTOR);
    empty.writeUInt16LE(0xaa55, 510);
    expect(await code(empty)).toBe('media-missing');
  });

  /** The volume as the partition of an image. */
  const partitioned = (start: number, sectors: number, volume = whole().bytes): Buffer => {
    const first = Buffer.alloc(SECTOR);
    // Behind a partition of another kind.
    first[450] = 0x83;
    first[466] = 0x0c;
    first.writeUInt32LE(start, 470);
    first.writeUInt32LE(sectors, 474);
    first.writeUInt16LE(0xaa55, 510);
    return Buffer.concat([first, volume]);
  };

  it('or that it is cut short or its table wrong', async () => {
    const sectors = whole().bytes.length / SECTOR;
    const image = partitioned(1, sectors);
    const { find } = await readImage(memorySource(image), 'stick.img');
    expect(find(RADIO)?.length).toBe(5000);
    expect(await code(image.subarray(0, -1))).toBe('media-incomplete');
    expect(await code(partitioned(2 ** 31, 2 ** 32 - 1))).toBe('media-incomplete');
    expect(await code(partitioned(0, 1))).toBe('media-damaged');
    expect(await code(partitioned(1, 0))).toBe('media-damaged');
    expect(await code(partitioned(1, sectors, Buffer.alloc(sectors * SECTOR)))).toBe('media-damaged');
  });
});
