import { readFileSync, statSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OtaError } from '../../../src/core/errors.ts';
import { encodeFolder } from '../../../src/media/fat/directory.ts';
import { readEntries } from '../../../src/media/fat/entries.ts';
import { clusterBytes, clusterOffset, MIB, SECTOR } from '../../../src/media/fat/geometry.ts';
import { layoutImage } from '../../../src/media/fat/layout.ts';
import { writeImage } from '../../../src/media/fat/write.ts';
import { openMediaFiles } from '../../../src/media/files.ts';
import { MAX_PART } from '../../../src/media/parts.ts';
import { refusal } from '../../support/client.ts';
import { filesBelow, freshFolder } from '../../support/folder.ts';
import { installed, run } from '../../support/tools.ts';
import { expectFiles, FILES, inPieces, planOf, putAll, putOnBadDisk, TIME } from './support.ts';

const folder = freshFolder();
const GIB = 1024 * MIB;

/** The volume alone: fsck.fat knows nothing of partitions. */
function volumeOf(image: string): string {
  run('dd', [`if=${image}`, `of=${image}.part`, 'bs=1M', 'skip=1', 'conv=sparse', 'status=none']);
  return `${image}.part`;
}

describe('an image', () => {
  it('gives back what was put on it', async () => {
    await putAll(writeImage, folder.at('stick.img'));
    await expectFiles(await openMediaFiles(folder.at('stick.img')));
  });

  it('can be read where the volume alone was copied from a stick', async () => {
    await putAll(writeImage, folder.at('stick.img'));
    await expectFiles(await openMediaFiles(volumeOf(folder.at('stick.img'))));
  });

  it('is the same for the same files and time', async () => {
    await putAll(writeImage, folder.at('a.img'));
    await putAll(writeImage, folder.at('b.img'));
    await putAll(writeImage, folder.at('c.img'), [
      ...FILES.slice(0, -1),
      ['ota-media.json', new Uint8Array(700)],
    ]);
    await putAll(writeImage, folder.at('d.img'), FILES, { time: TIME + 2 });
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => readFileSync(folder.at(`${name}.img`)));
    expect(b?.equals(a ?? new Uint8Array())).toBe(true);
    const id = (image = Buffer.alloc(SECTOR)): number => image.readUInt32LE(440);
    expect([id(c) === id(a), id(d) === id(a), d?.equals(a ?? new Uint8Array())]).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('takes no room for what is free', async () => {
    await putAll(writeImage, folder.at('stick.img'), FILES, { size: 20 * GIB });
    const { size, blocks } = statSync(folder.at('stick.img'));
    expect(size).toBe(20 * GIB);
    expect(blocks * 512).toBeLessThan(16 * MIB);
    await expectFiles(await openMediaFiles(folder.at('stick.img')));
  });

  it.skipIf(!installed('fsck.fat', 'mcopy', 'mdir', 'sfdisk'))(
    'is sound to other tools, which read the same from it',
    async () => {
      for (const size of [undefined, 270 * MIB]) {
        const image = folder.at(`${size}.img`);
        await putAll(writeImage, image, FILES, size === undefined ? {} : { size });
        expect(run('fsck.fat', ['-n', '-v', volumeOf(image)]).toString()).toMatch(
          /\d+ files, \d+\/\d+ clusters/,
        );
        expect(run('sfdisk', ['--verify', image]).toString()).toContain('No errors detected.');
        expect(run('sfdisk', ['--dump', image]).toString()).toMatch(/start= +2048, size= +\d+, type=c\n/);
        const volume = `${image}@@${MIB}`;
        run('mcopy', ['-s', '-n', '-m', '-i', volume, '::*', folder.at()], { env: { TZ: 'UTC' } });
        for (const [key, bytes] of FILES) {
          expect(readFileSync(folder.at(key)).equals(bytes)).toBe(true);
          expect(statSync(folder.at(key)).mtimeMs / 1000).toBe(TIME - 1);
        }
        expect(run('mdir', ['-i', volume, '::']).toString()).toMatch(
          /is OTA-MEDIA[\s\S]*README +TXT +10 2026-11-18 +11:06/,
        );
      }
    },
  );

  it.skipIf(!installed('mkfs.vfat', 'mcopy', 'mdel'))(
    'that others made and changed is read as well',
    async () => {
      const image = folder.at('other.img');
      run('mkfs.vfat', ['-F', '32', '-s', '1', '-C', image, '40000']);
      const content = folder.at('content');
      const put = (key: string, bytes: Uint8Array): void => {
        writeFileSync(content, bytes);
        run('mcopy', ['-o', '-i', image, content, `::${key}`]);
      };
      const files = FILES.slice(0, 20).map(([key, bytes]) => [key.split('/').at(-1) ?? '', bytes] as const);
      for (const [key, bytes] of files) put(key, bytes);
      // Holes of all lengths, into which the last file goes in many parts.
      const [kept, gone] = [
        files.filter((_, index) => index % 2 === 0),
        files.filter((_, index) => index % 2 === 1),
      ];
      for (const [key] of gone) run('mdel', ['-i', image, `::${key}`]);
      const last = ['last.bin', FILES.at(-3)?.[1] ?? new Uint8Array()] as const;
      put(...last);
      const store = await openMediaFiles(image);
      await expectFiles(store, [...kept, last]);
      for (const [key] of gone) expect(await store.stat(key)).toBeUndefined();
    },
  );
});

describe('what fails leaves nothing', () => {
  const fails = async (files = FILES, options: Parameters<typeof putAll>[3] = {}) => {
    const before = [...filesBelow(folder.path).keys()];
    const error = await refusal(() => putAll(writeImage, folder.at('stick.img'), files, options));
    expect([...filesBelow(folder.path).keys()]).toEqual(before);
    return error;
  };

  it('a size that has not the room', async () => {
    const error = await fails([['a', new Uint8Array(3 * MIB)]], { size: 20 * MIB });
    expect(error).toMatchObject({
      code: 'size-invalid',
      message: 'an image of 20.0 MiB is too small for what is to be on it: 34.0 MiB are needed',
    });
    expect((await fails(FILES, { size: 5000 * GIB })).code).toBe('size-invalid');
    expect((await fails(FILES, { size: 1 })).code).toBe('size-invalid');
  });

  it.each([
    ['targets/con/a', 'Windows keeps it for a device'],
    ['aux.json', 'Windows keeps it for a device'],
    ['a.', 'it ends with a dot'],
    ['a b', 'it has characters other than'],
    ['', 'it has characters other than'],
    ['a'.repeat(256), 'it has more than 255 characters'],
  ])('the name %s', async (key, why) => {
    const error = await fails([[key, new Uint8Array(1)]]);
    expect(error.code).toBe('name-invalid');
    expect(error.message).toContain(why);
  });

  it.each([
    ['a/B', 'a/b'],
    ['a', 'a/b'],
    ['A/b', 'a/c'],
  ])('%s beside %s', async (one, other) => {
    const error = await fails([one, other].map((key) => [key, new Uint8Array(1)]));
    expect(error.code).toBe('name-invalid');
  });

  it('a file that has other bytes than it was to have, or cannot be read', async () => {
    for (const given of [9, 11]) {
      const work = () =>
        writeImage(folder.at('stick.img'), [{ key: 'a', length: 10 }], { time: TIME }, (writer) =>
          writer.put('a', 10, inPieces(new Uint8Array(given), 4)),
        );
      expect((await refusal(work)).code).toBe('input-changed');
    }
    const work = () =>
      writeImage(folder.at('stick.img'), [{ key: 'a', length: 10 }], { time: TIME }, (writer) =>
        writer.put(
          'a',
          10,
          (async function* () {
            yield new Uint8Array(3);
            throw new OtaError('store-unreachable', 'gone');
          })(),
        ),
      );
    expect((await refusal(work)).code).toBe('store-unreachable');
    expect(filesBelow(folder.path).size).toBe(0);
  });

  it('a disk that gives back other bytes than it was given', async () => {
    const error = await refusal(() => putOnBadDisk(writeImage, folder.path, 'stick.img'));
    expect(error).toMatchObject({ code: 'media-damaged', message: expect.stringContaining('targets/a') });
    expect(filesBelow(folder.path).size).toBe(0);
  });

  it('a file that stands there, unless it is to be replaced', async () => {
    writeFileSync(folder.at('stick.img'), 'mine');
    const error = await fails();
    expect(error).toMatchObject({ code: 'output-exists', hint: expect.stringContaining('--replace') });
    expect(readFileSync(folder.at('stick.img'), 'utf8')).toBe('mine');
    await putAll(writeImage, folder.at('stick.img'), FILES, { replace: true });
    await expectFiles(await openMediaFiles(folder.at('stick.img')));
  });

  it('files in another order than planned, or too few', async () => {
    const plan = planOf(FILES.slice(0, 2));
    const [first, second] = FILES as [(typeof FILES)[number], (typeof FILES)[number]];
    for (const put of [[second], [first]]) {
      await expect(
        writeImage(folder.at('stick.img'), plan, { time: TIME }, async (writer) => {
          for (const [key, bytes] of put) await writer.put(key, bytes.length, inPieces(bytes));
        }),
      ).rejects.toThrow(TypeError);
    }
    expect(filesBelow(folder.path).size).toBe(0);
  });
});

describe('the layout', () => {
  it('is one that every driver takes for FAT32, at every size', () => {
    for (const content of [0, MIB, 100 * MIB, 240 * MIB, 262 * MIB, 3 * GIB, 9 * GIB, 20 * GIB, 70 * GIB]) {
      const count = Math.ceil(content / MAX_PART);
      const plan = Array.from({ length: count }, (_, index) => ({
        key: `${index}`,
        length: Math.min(MAX_PART, content - index * MAX_PART),
      }));
      const { geometry, next } = layoutImage(plan, TIME);
      expect(geometry.bytes % MIB).toBe(0);
      // Fewer are FAT16 to some (Microsoft, "FAT: General Overview of On-Disk Format", 1.03).
      expect(geometry.clusters).toBeGreaterThanOrEqual(65_525 + 16);
      expect(geometry.tableSectors * 128).toBeGreaterThanOrEqual(geometry.clusters + 2);
      expect(clusterOffset(geometry, geometry.clusters + 2)).toBeLessThanOrEqual(geometry.bytes);
      expect(clusterOffset(geometry, 2) % Math.max(4096, clusterBytes(geometry))).toBe(0);
      // What is free: eight MiB, or what the least number of clusters brings.
      expect((geometry.clusters + 2 - next) * clusterBytes(geometry)).toBeGreaterThanOrEqual(8 * MIB);
      expect(geometry.bytes).toBeLessThan(Math.max(36 * MIB, content * 1.02 + 12 * MIB));
      // Of just that size, too.
      expect(layoutImage(plan, TIME, geometry.bytes).geometry).toEqual(geometry);
    }
  });

  it('has no file longer than FAT32 has', async () => {
    expect(layoutImage([{ key: 'a', length: MAX_PART }], TIME).files[0]?.length).toBe(MAX_PART);
    expect((await refusal(() => layoutImage([{ key: 'a', length: MAX_PART + 1 }], TIME))).code).toBe(
      'input-too-large',
    );
  });

  it('has no folder larger than FAT32 has', async () => {
    const plan = Array.from({ length: 33_000 }, (_, index) => ({ key: `a/${index}`, length: 0 }));
    expect((await refusal(() => layoutImage(plan, TIME))).code).toBe('input-too-large');
  });
});

describe('a folder', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9._%-]{1,40}$/).filter((text) => !text.endsWith('.'));
  const names = fc.uniqueArray(name, { selector: (text) => text.toLowerCase(), maxLength: 40 });

  it('gives back names, clusters and lengths', () => {
    fc.assert(
      fc.property(names, (given) => {
        const children = given.map((text, index) => ({
          name: text,
          folder: index % 3 === 0,
          cluster: index * 6_000_000,
          length: index % 3 === 0 ? 0 : 2 ** 32 - 1 - index,
        }));
        const bytes = encodeFolder({ label: 'X' }, children, TIME);
        expect([...readEntries(bytes)]).toEqual(children);
      }),
    );
  });

  it('has a short name for each, of the characters that DOS has, none twice', () => {
    const alike = Array.from({ length: 1200 }, (_, index) => `abcdefgh-${index}.json`);
    for (const given of [
      alike,
      ['a', 'A.B', 'a.b.c', '.x', '..y', 'README.txt', 'readme~1.txt', 'a-b_c%d.j'],
    ]) {
      const children = given.map((text) => ({ name: text, folder: false, cluster: 0, length: 0 }));
      const bytes = Buffer.from(encodeFolder({ self: 5, parent: 0 }, children, TIME));
      const found = Array.from({ length: bytes.length / 32 }, (_, index) =>
        bytes.subarray(index * 32, index * 32 + 32),
      )
        .filter((entry) => entry[11] === 0x20)
        .map((entry) => entry.toString('latin1', 0, 11));
      expect(found).toHaveLength(given.length);
      expect(new Set(found).size).toBe(given.length);
      for (const short of found) expect(short).toMatch(/^[A-Z0-9_%~-]+ *[A-Z0-9_%~-]* *$/);
    }
  });
});
