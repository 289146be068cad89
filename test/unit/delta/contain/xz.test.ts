import { beforeAll, describe, expect, it } from 'vitest';
import { concatBytes } from '../../../../src/core/bytes.ts';
import { memorySource } from '../../../../src/core/source.ts';
import { lzma2 } from '../../../../src/delta/contain/codecs/lzma2.ts';
import { xz } from '../../../../src/delta/contain/finders/xz.ts';
import { hubFirmware } from '../../../support/firmware.ts';
import { noise } from '../support.ts';
import { bzImage, xzFile } from './support.ts';

const raw = hubFirmware('new').subarray(0, 60_000);
const find = (bytes: Uint8Array) => xz.find(memorySource(bytes));

describe('the search for xz', () => {
  let file: Uint8Array;
  beforeAll(async () => {
    file = await xzFile(raw);
  });

  it('finds the block of a file at any place, with what packs it to the same bytes', async () => {
    const image = concatBytes(noise(333), file, noise(5), await xzFile(raw, { check: 10, filter: 7 }));
    const found = await find(image);
    expect(found.map(({ most }) => most)).toEqual([raw.length, raw.length]);
    for (const { offset, length, guesses } of found) {
      const packed = image.subarray(offset, offset + length);
      const [params = []] = guesses;
      const held = await lzma2.decode(packed, raw.length, params);
      expect(Buffer.from(held).equals(raw)).toBe(true);
      expect(Buffer.from(await lzma2.encode(held, params)).equals(packed)).toBe(true);
    }
    expect(found.map(({ guesses }) => guesses[0]?.[0])).toEqual([0, 7]);
  });

  it('finds the payload of a Linux bzImage', async () => {
    const found = await find(bzImage(file));
    expect(found.map(({ most }) => most)).toEqual([raw.length]);
  });

  it('finds every block of a file', async () => {
    // Behind a block's check is another block, or the index, whose length the last twelve bytes tell.
    const stored = Buffer.from(file).readUInt32LE(file.length - 8);
    const index = file.length - 12 - 4 * (stored + 1);
    expect(file[index]).toBe(0);
    const two = concatBytes(file.subarray(0, index), file.subarray(12));
    expect((await find(two)).map(({ most }) => most)).toEqual([raw.length, raw.length]);
  });

  it.each<[string, (file: Uint8Array) => Uint8Array]>([
    ['is hardly begun', (bytes) => bytes.subarray(0, 11)],
    ['is a header alone', (bytes) => bytes.subarray(0, 12)],
    ['ends in the header of its block', (bytes) => bytes.subarray(0, 20)],
    ['ends in its block', (bytes) => bytes.subarray(0, 5000)],
    ['has reserved flags', (bytes) => bytes.with(6, 1)],
    ['has a check that there is none of', (bytes) => bytes.with(7, 16)],
    ['has a block with reserved flags', (bytes) => bytes.with(13, 0x04)],
    ['has another filter than LZMA2', (bytes) => bytes.with(14, 0x03)],
    ['has a filter with settings before LZMA2', (bytes) => bytes.with(13, 1)],
    ['has a dictionary that is too large', (bytes) => bytes.with(16, 41)],
    ['has a dictionary that no codec takes', (bytes) => bytes.with(16, 40)],
    ['has a chunk of no kind', (bytes) => bytes.with(24, 0x10)],
  ])('finds nothing in a file that %s', async (_, change) => {
    expect(await find(change(file))).toEqual([]);
  });

  it('leaves out what holds too little', async () => {
    expect(await find(await xzFile(raw.subarray(0, 1000)))).toEqual([]);
  });

  it('ends, whatever the bytes are', async () => {
    const start = file.subarray(0, 24);
    for (let seed = 1; seed < 40; seed++) {
      expect(await find(concatBytes(start, noise(4000, seed)))).toEqual([]);
      expect(await find(concatBytes(start.subarray(0, 12), noise(4000, seed)))).toEqual([]);
    }
  });
});
