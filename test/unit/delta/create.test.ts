import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes.ts';
import type { ProgressEvent } from '../../../src/core/progress.ts';
import { type ByteSource, memorySource } from '../../../src/core/source.ts';
import { applyDelta } from '../../../src/delta/apply.ts';
import { createDelta } from '../../../src/delta/create.ts';
import { IMAGE_MAX, readDeltaHeader } from '../../../src/delta/format.ts';
import type { TileSizes } from '../../../src/delta/match/match.ts';
import { apply, codeOf, collect, counted, make, noise } from './support.ts';

const MIB = 2 ** 20;

/** A source that becomes other bytes of the same length once it has been read to its end. */
function changing(first: Uint8Array, then: Uint8Array): ByteSource {
  let now = first;
  return {
    length: first.length,
    read: async (offset, length) => {
      const bytes = now.slice(offset, offset + length);
      if (offset + length === first.length) now = then;
      return bytes;
    },
  };
}

/** An image that is nowhere in memory: zeros, with a few bytes of its own at the start of each mebibyte. */
function sparse(mebibytes: number, mark: (index: number) => number): ByteSource {
  return {
    length: mebibytes * MIB,
    read: async (offset, length) => {
      const bytes = new Uint8Array(length);
      for (let at = Math.ceil(offset / MIB) * MIB; at < offset + length; at += MIB) {
        bytes[at - offset] = mark(at / MIB);
      }
      return bytes;
    },
  };
}

describe('making a delta', () => {
  it.each([0, 1, 149_999])('is refused when byte %d of an image changes in between', async (at) => {
    const image = noise(150_000);
    const other = Uint8Array.from(image);
    other[at] = (other[at] ?? 0) ^ 1;
    const still = memorySource(noise(150_000, 5));
    expect(await codeOf(collect(createDelta(changing(image, other), still)))).toBe('input-changed');
    expect(await codeOf(collect(createDelta(still, changing(image, other))))).toBe('input-changed');
    expect(await codeOf(collect(createDelta(still, changing(image, image))))).toBeUndefined();
  });

  it('is refused before anything is read where the device has too little memory', async () => {
    const source = counted(memorySource(noise(1000)));
    expect(await codeOf(collect(createDelta(source, source, { memory: 1000 })))).toBe('delta-too-large');
    expect(source.reads).toBe(0);
  });

  it('is refused for an image past 2^48 bytes', async () => {
    const endless: ByteSource = { length: IMAGE_MAX + 1, read: async () => new Uint8Array() };
    expect(await codeOf(collect(createDelta(endless, memorySource(noise(1)))))).toBe('delta-too-large');
  });

  it('holds little of large images in memory', async () => {
    const old = counted(sparse(192, (index) => index % 251));
    const fresh = counted(sparse(200, (index) => (index * 3) % 251));
    const sizes: TileSizes = { tile: MIB, whole: MIB, region: 2 * MIB };
    const before = process.resourceUsage().maxRSS;
    const patch = await collect(createDelta(old, fresh, { sizes }));
    // Either image alone is larger than what may be added.
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(150 * 1024);
    expect(Math.max(old.largest, fresh.largest)).toBeLessThanOrEqual(MIB);
    expect(patch.length).toBeLessThan(10_000);
    const header = await readDeltaHeader(memorySource(patch));
    let made = 0;
    for await (const piece of applyDelta(old, memorySource(patch))) made += piece.length;
    expect(made).toBe(header.new.length);
  });

  it('gives way to everything else after each stretch', async () => {
    let turns = 0;
    let ended = false;
    const tick = () => {
      turns++;
      if (!ended) setImmediate(tick);
    };
    setImmediate(tick);
    const seen = new Set<number>();
    await make(noise(2 * MIB), noise(2 * MIB, 3), {
      progress: ({ task }) => {
        if (task === 'match') seen.add(turns);
      },
    });
    ended = true;
    expect(seen.size).toBeGreaterThanOrEqual(8);
  });

  it('says how far it is', async () => {
    const events: ProgressEvent[] = [];
    const image = noise(MIB);
    await make(image, noise(MIB, 3), { progress: (event) => events.push(event) });
    expect([...new Set(events.map(({ task }) => task))]).toEqual([
      'hash old image',
      'hash new image',
      'match',
      'encode',
      'check old image',
      'check new image',
    ]);
    const match = events.filter(({ task }) => task === 'match').map(({ done }) => done);
    expect(match.length).toBeGreaterThan(2);
    expect(match).toEqual([...match].sort((a, b) => a - b));
    expect(match.at(-1)).toBe(MIB);
  });

  it('passes on what reading an image throws', async () => {
    const image = noise(2 * MIB);
    let reads = 0;
    const broken: ByteSource = {
      length: image.length,
      read: async (offset, length) => {
        if (++reads > 3) throw new RangeError('the disk is gone');
        return image.subarray(offset, offset + length);
      },
    };
    await expect(collect(createDelta(memorySource(image), broken))).rejects.toThrow('the disk is gone');
  });

  it('can be left in the middle', async () => {
    const pieces = createDelta(memorySource(noise(MIB)), memorySource(noise(MIB, 3)));
    expect((await pieces.next()).value?.length).toBeGreaterThan(104);
    await pieces.next();
    expect((await pieces.return(undefined)).done).toBe(true);
  });

  it('is not slow on content that repeats', async () => {
    const old = concatBytes(...Array.from({ length: 400 }, () => noise(1000)));
    const fresh = concatBytes(
      ...Array.from({ length: 400 }, (_, index) => noise(1000).fill(index, 500, 502)),
    );
    const before = process.cpuUsage();
    expect(await apply(old, await make(old, fresh))).toEqual(fresh);
    const { user } = process.cpuUsage(before);
    expect(user / 1e6).toBeLessThan(20);
  });
});
