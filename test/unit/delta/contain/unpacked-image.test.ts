import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { concatBytes } from '../../../../src/core/bytes.ts';
import { type ByteSource, memorySource } from '../../../../src/core/source.ts';
import type { Codec } from '../../../../src/delta/contain/codec.ts';
import { deflateParams, RAW, zlib } from '../../../../src/delta/contain/codecs/zlib.ts';
import { PackedAgain } from '../../../../src/delta/contain/packed-again.ts';
import type { NewStream, OldStream } from '../../../../src/delta/contain/packing.ts';
import { repack } from '../../../../src/delta/contain/repack.ts';
import { UnpackedImage } from '../../../../src/delta/contain/unpacked-image.ts';
import { codeOf, collect, noise } from '../support.ts';
import { wordy } from './support.ts';

const params = deflateParams({ wrapper: RAW, level: 6 });
const packer = { codec: zlib, params };
const fault = (cause: Error) => new Error('fault', { cause });

/** Gaps and streams in turn, two streams side by side, one at each end. */
const RAWS = [wordy(5000, 1), wordy(3000, 2), wordy(9000, 3), wordy(100, 4)] as const;
const GAPS = [new Uint8Array(), new Uint8Array(), noise(500), noise(7), new Uint8Array()] as const;

let image: Uint8Array;
let unpacked: Uint8Array;
let streams: OldStream[];
let fresh: NewStream[];

beforeAll(async () => {
  const packed = await Promise.all(RAWS.map((raw) => zlib.encode(raw, params)));
  const interleave = (parts: readonly Uint8Array[]) =>
    concatBytes(...GAPS.flatMap((gap, index) => [gap, parts[index] ?? new Uint8Array()]));
  image = interleave(packed);
  unpacked = interleave(RAWS);
  let [offset, at] = [0, 0];
  streams = [];
  fresh = [];
  for (const [index, raw] of RAWS.entries()) {
    const gap = (GAPS[index] as Uint8Array).length;
    const length = (packed[index] as Uint8Array).length;
    streams.push({ offset: offset + gap, length, raw: raw.length, packer });
    fresh.push({ at: at + gap, raw: raw.length, packer });
    offset += gap + length;
    at += gap + raw.length;
  }
});

const open = (keep = 0, from: ByteSource = memorySource(image), budget?: number) =>
  new UnpackedImage(from, streams, { keep, fault, ...(budget === undefined ? {} : { budget }) });

describe('an unpacked image', () => {
  it('has the bytes of its streams in their places, however it is read', async () => {
    for (const keep of [0, 9000, 2 ** 20]) {
      const source = open(keep);
      expect(source.length).toBe(unpacked.length);
      await fc.assert(
        fc.asyncProperty(fc.nat(unpacked.length), fc.nat(unpacked.length), async (a, b) => {
          const [from, to] = [Math.min(a, b), Math.max(a, b)];
          const bytes = await source.read(from, to - from);
          expect(Buffer.from(bytes).equals(unpacked.subarray(from, to))).toBe(true);
        }),
        { numRuns: 100 },
      );
    }
  });

  it('has no bytes outside', async () => {
    await expect(open().read(unpacked.length - 1, 2)).rejects.toThrow(/do not exist/);
  });

  it('unpacks a stream once as long as it is kept, the one read longest ago goes first', async () => {
    const count: number[] = [];
    const counting: Codec = {
      ...zlib,
      decode: (packed, most, how) => {
        count.push(most);
        return zlib.decode(packed, most, how);
      },
    };
    const source = new UnpackedImage(
      memorySource(image),
      streams.map((stream) => ({ ...stream, packer: { codec: counting, params } })),
      { keep: 12_000, fault },
    );
    const [first, second, third] = fresh.map(({ at }) => at) as [number, number, number];
    for (const at of [first, second, first, third, second, third]) await source.read(at, 10);
    // The first and second are kept together; the third makes both go; the second fits beside the third.
    expect(count).toEqual([5000, 3000, 9000, 3000]);
  });

  it('unpacks no more than it may', async () => {
    const source = open(0, memorySource(image), 17_100);
    await source.read(0, unpacked.length);
    await expect(source.read(0, 1)).rejects.toThrow('fault');
  });

  it('tells a stream that is damaged, or holds more or less than it is said to', async () => {
    const broken = Uint8Array.from(image).fill(0xff, 30, 50);
    await expect(open(0, memorySource(broken)).read(0, 1)).rejects.toThrow('fault');
    for (const raw of [4999, 5001]) {
      const wrong = streams.map((stream, index) => (index === 0 ? { ...stream, raw } : stream));
      await expect(
        new UnpackedImage(memorySource(image), wrong, { keep: 0, fault }).read(0, 1),
      ).rejects.toThrow('fault');
    }
  });
});

describe('packing again', () => {
  const packing = () => ({ keep: 0, old: [], new: fresh, oldLength: 0, newLength: unpacked.length });

  /** One array for every piece, as whoever makes an image may do. */
  async function* inPieces(size: number): AsyncGenerator<Uint8Array> {
    const piece = new Uint8Array(size);
    for (let at = 0; at < unpacked.length; at += size) {
      const bytes = unpacked.subarray(at, at + size);
      piece.set(bytes);
      yield piece.subarray(0, bytes.length);
    }
  }

  it.each([1, 13, 4096, 2 ** 20])('gives the image back from pieces of %i bytes', async (size) => {
    const parts: Uint8Array[] = [];
    for await (const piece of repack(inPieces(size), packing(), image.length))
      parts.push(Uint8Array.from(piece));
    expect(Buffer.from(concatBytes(...parts)).equals(image)).toBe(true);
  });

  it('takes what is known to have come out the same from the image, and packs the rest', async () => {
    const packed: number[] = [];
    const counting: Codec = {
      ...zlib,
      encode: (raw, how) => {
        packed.push(raw.length);
        return zlib.encode(raw, how);
      },
    };
    const counted = { codec: counting, params };
    const known = new PackedAgain(memorySource(image));
    for (const index of [0, 2]) known.note(counted, RAWS[index] as Uint8Array, streams[index] as OldStream);
    // The same bytes packed otherwise are something else.
    known.note({ codec: counting, params: [...params, 0] }, RAWS[1], streams[0] as OldStream);
    const made = { ...packing(), new: fresh.map((stream) => ({ ...stream, packer: counted })) };
    const bytes = await collect(repack(inPieces(unpacked.length), made, image.length, known));
    expect(Buffer.from(bytes).equals(image)).toBe(true);
    expect(packed).toEqual([3000, 100]);
  });

  it('makes no more than the image', async () => {
    expect(await codeOf(collect(repack(inPieces(4096), packing(), image.length - 1)))).toBe('delta-invalid');
  });

  it('leaves an image without streams as it is', async () => {
    const none = { ...packing(), new: [] };
    const bytes = await collect(repack(inPieces(unpacked.length), none, unpacked.length));
    expect(Buffer.from(bytes).equals(unpacked)).toBe(true);
  });
});
