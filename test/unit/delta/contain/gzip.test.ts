import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../../src/core/bytes.ts';
import { memorySource } from '../../../../src/core/source.ts';
import { deflateParams, RAW } from '../../../../src/delta/contain/codecs/zlib.ts';
import { gzip } from '../../../../src/delta/contain/finders/gzip.ts';
import { counted, noise } from '../support.ts';
import { gzipped, wordy } from './support.ts';

const RAW_BYTES = wordy(20_000, 3);
const find = (bytes: Uint8Array) => gzip.find(memorySource(bytes));

describe('the search for gzip members', () => {
  it('finds them at any place, with and without a name', async () => {
    const [first, second] = [await gzipped(RAW_BYTES), await gzipped(RAW_BYTES, 9, 'vmlinux.bin')];
    const image = concatBytes(noise(777), first, noise(3), second, noise(100));
    const found = await find(image);
    expect(found.map(({ offset, length, most }) => ({ offset, length, most }))).toEqual([
      { offset: 777 + 10, length: first.length - 18, most: RAW_BYTES.length },
      { offset: 777 + first.length + 3 + 22, length: second.length - 30, most: RAW_BYTES.length },
    ]);
  });

  it('finds one whose header lies across two reads', async () => {
    for (const before of [2 ** 20 - 2, 2 ** 20 - 1, 2 ** 20]) {
      const found = await find(concatBytes(new Uint8Array(before), await gzipped(RAW_BYTES)));
      expect(found.map(({ offset }) => offset)).toEqual([before + 10]);
    }
  });

  it('guesses the level that the header hints at first', async () => {
    const bytes = await gzipped(RAW_BYTES);
    for (const [hint, level] of [
      [0, 6],
      [2, 9],
      [4, 1],
    ] as const) {
      bytes[8] = hint;
      const [stream] = await find(bytes);
      expect(stream?.guesses[0]).toEqual(deflateParams({ wrapper: RAW, level }));
      expect(new Set(stream?.guesses.map(String)).size).toBe(9);
    }
  });

  it('skips optional fields', async () => {
    const plain = await gzipped(RAW_BYTES);
    const fields = concatBytes(
      Uint8Array.of(4, 0, 1, 2, 3, 4),
      Uint8Array.of(0x61, 0),
      Uint8Array.of(0x62, 0),
      noise(2),
    );
    const bytes = concatBytes(plain.subarray(0, 10), fields, plain.subarray(10));
    bytes[3] = 0b11110;
    expect((await find(bytes)).map(({ offset }) => offset)).toEqual([10 + fields.length]);
  });

  it.each([
    ['is cut short', (bytes: Uint8Array) => bytes.subarray(0, -9)],
    ['has no whole trailer', (bytes: Uint8Array) => bytes.subarray(0, -1)],
    ['has another checksum', (bytes: Uint8Array) => bytes.with(bytes.length - 8, (bytes.at(-8) ?? 0) ^ 1)],
    ['has another length', (bytes: Uint8Array) => bytes.with(bytes.length - 4, (bytes.at(-4) ?? 0) ^ 1)],
    ['has reserved flags', (bytes: Uint8Array) => bytes.with(3, 0x20)],
    [
      'has a name without an end',
      (bytes: Uint8Array) => concatBytes(bytes.subarray(0, 10).with(3, 8), noise(9000).fill(1)),
    ],
    [
      'has an extra field past its end',
      (bytes: Uint8Array) => concatBytes(bytes.subarray(0, 10).with(3, 4), Uint8Array.of(255, 255, 0)),
    ],
    ['is a header alone', (bytes: Uint8Array) => bytes.subarray(0, 10)],
    ['is hardly begun', (bytes: Uint8Array) => bytes.subarray(0, 4)],
    ['is damaged', (bytes: Uint8Array) => bytes.with(40, 0xff).with(41, 0xff).with(42, 0xff)],
  ])('finds nothing in what %s', async (_, change) => {
    expect(await find(change(await gzipped(RAW_BYTES)))).toEqual([]);
  });

  it('leaves out what holds too little', async () => {
    expect(await find(await gzipped(wordy(1000)))).toEqual([]);
  });

  it('reads an image of many false headers in pieces, and ends', async () => {
    const header = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3);
    const source = counted(memorySource(concatBytes(...Array.from({ length: 2000 }, () => header))));
    expect(await gzip.find(source)).toEqual([]);
    expect(source.largest).toBeLessThanOrEqual(2 ** 20);
  });
});
