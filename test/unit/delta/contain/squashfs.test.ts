import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../../src/core/bytes.ts';
import { memorySource } from '../../../../src/core/source.ts';
import type { FoundStream } from '../../../../src/delta/contain/codec.ts';
import { unpackedParts } from '../../../../src/delta/contain/describe.ts';
import { squashfs } from '../../../../src/delta/contain/finders/squashfs.ts';
import { readDeltaHeader } from '../../../../src/delta/format.ts';
import { apply, counted, make, noise } from '../support.ts';
import { wordy } from './support.ts';

/**
 * Made by mksquashfs 4.5.1 with libzstd 1.5.4 and zlib 1.2.13, in blocks of 4 KiB: twelve small files in fragments, a link, a hard link, a
 * device, a pipe, files with holes and with blocks that are not packed. The gzip ones have level 7, a window of 2^12, two strategies.
 */
const image = (name: string): Uint8Array =>
  Uint8Array.from(readFileSync(join(import.meta.dirname, 'images', `${name}.squashfs`)));
const OLD = { gzip: image('gzip-old'), zstd: image('zstd-old') };
const NEW = { gzip: image('gzip-new'), zstd: image('zstd-new') };
const KINDS = ['gzip', 'zstd'] as const;

const find = (bytes: Uint8Array) => squashfs.find(memorySource(bytes));
const unpack = (bytes: Uint8Array, { offset, length, most, codec, guesses }: FoundStream) =>
  codec.decode(bytes.subarray(offset, offset + length), most, guesses[0] ?? []);

/** What the streams of each group hold, in the order of the groups. */
async function groups(bytes: Uint8Array): Promise<readonly Buffer[]> {
  const held = new Map<number | undefined, Uint8Array[]>();
  for (const stream of await find(bytes)) {
    held.set(stream.group, [...(held.get(stream.group) ?? []), await unpack(bytes, stream)]);
  }
  return [...held.values()].map((parts) => Buffer.concat(parts));
}

describe.each(KINDS)('the search for blocks of squashfs (%s)', (kind) => {
  it('finds the data of each file as one group, and what packs it', async () => {
    const held = await groups(OLD[kind]);
    const has = (bytes: Uint8Array) => held.some((group) => group.equals(bytes));
    expect(has(wordy(12_000, 5))).toBe(true);
    expect(has(wordy(5000, 6))).toBe(true);
    // Holes are in no block.
    expect(has(concatBytes(new Uint8Array(20_000 % 4096), wordy(5000, 7)).subarray(0, 4096))).toBe(false);
    expect(held.some((group) => group.includes(Buffer.from(wordy(5000, 7).subarray(1000, 3000))))).toBe(true);
    for (const stream of await find(OLD[kind])) {
      const packed = OLD[kind].subarray(stream.offset, stream.offset + stream.length);
      const raw = await unpack(OLD[kind], stream);
      const again = await Promise.all(stream.guesses.map((params) => stream.codec.encode(raw, params)));
      expect(again.some((bytes) => Buffer.from(bytes).equals(packed))).toBe(true);
    }
  });

  it('finds fragments and metadata', async () => {
    const held = Buffer.concat([...(await groups(OLD[kind]))]);
    for (let index = 0; index < 12; index++) {
      expect(held.includes(Buffer.from(wordy(100 + 40 * index, 20 + index)))).toBe(true);
    }
    // A name stands in the directory table, where a link leads to in the inode table.
    expect(held.includes('small-11')).toBe(true);
    expect(held.includes('small-2')).toBe(true);
  });

  it('leaves nothing of the packed area out but what is not packed', async () => {
    const found = [...(await find(OLD[kind]))].sort((a, b) => a.offset - b.offset);
    const places = new Set(found.map(({ offset }) => offset));
    expect(places.size).toBe(found.length);
    const packed = found.reduce((sum, { length }) => sum + length, 0);
    // The file of noise takes two blocks, 4,200 bytes; headers and lists of places are few.
    expect(OLD[kind].length - packed - 4200).toBeLessThan(400);
  });

  it('finds an image inside a larger one, and two of them', async () => {
    const alone = await find(OLD[kind]);
    const both = await find(concatBytes(noise(1001), OLD[kind], noise(77), NEW[kind]));
    expect(both.slice(0, alone.length).map(({ offset }) => offset - 1001)).toEqual(
      alone.map(({ offset }) => offset),
    );
    const groupsOf = (streams: readonly FoundStream[]) => new Set(streams.map(({ group }) => group));
    const second = groupsOf(both.slice(alone.length));
    second.delete(undefined);
    expect([...groupsOf(both.slice(0, alone.length))].filter((group) => second.has(group ?? -1))).toEqual([]);
  });

  it('makes a delta of what the blocks hold', async () => {
    const patch = await make(OLD[kind], NEW[kind]);
    expect(Buffer.from(await apply(OLD[kind], patch)).equals(NEW[kind])).toBe(true);
    const parts = await unpackedParts(memorySource(patch), await readDeltaHeader(memorySource(patch)));
    expect(parts?.codecs).toEqual([kind === 'gzip' ? 'zlib-1.2' : 'zstd-1.5.4']);
    const plain = await make(OLD[kind], NEW[kind], { unpack: false });
    expect(patch.length).toBeLessThan(plain.length / 2);
  });

  it('reads any image, however damaged, and finds only what is inside', async () => {
    const bytes = OLD[kind];
    const edits = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    // The superblock and the tables are where damage matters.
    const near = fc.array(fc.tuple(fc.nat(95), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.oneof(edits, near), fc.nat(bytes.length), async (changes, cut) => {
        const damaged = bytes.slice(0, cut % 3 === 0 ? cut : bytes.length);
        for (const [at, value] of changes) damaged[at % Math.max(1, damaged.length)] = value;
        const source = counted(memorySource(damaged));
        for (const { offset, length, guesses, codec } of await squashfs.find(source)) {
          expect(offset + length).toBeLessThanOrEqual(damaged.length);
          expect(guesses.every((params) => codec.accepts(params))).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('an image that is no squashfs 4.0 of a known kind', () => {
  it.each([
    ['another version', 28, 3],
    ['blocks of a size that is not its logarithm', 22, 13],
    ['lzo', 20, 3],
    ['more bytes than there are', 42, 255],
    ['an inode table outside', 66, 255],
    ['a directory table outside', 74, 255],
  ])('has no blocks (%s)', async (_, at, value) => {
    expect(await find(OLD.gzip.with(at, value))).toEqual([]);
  });
});
