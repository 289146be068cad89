import { deflateRawSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from '../../../../src/core/bytes.ts';
import { memorySource } from '../../../../src/core/source.ts';
import { type UnpackedParts, unpackedParts } from '../../../../src/delta/contain/describe.ts';
import type { CreateOptions } from '../../../../src/delta/create.ts';
import { readDeltaHeader } from '../../../../src/delta/format.ts';
import { apply, make, noise } from '../support.ts';
import { gzipped, member, wordy } from './support.ts';

const OLD = wordy(80_000, 5);
/** With a change near its start, so that the compressed bytes differ from there on. */
const NEW = concatBytes(OLD.subarray(0, 3000), utf8('a change'), OLD.subarray(3000));

async function made(
  old: Uint8Array,
  fresh: Uint8Array,
  options?: CreateOptions,
): Promise<{ readonly length: number; readonly parts: UnpackedParts | undefined; readonly memory: number }> {
  const patch = await make(old, fresh, options);
  expect(Buffer.from(await apply(old, patch)).equals(fresh)).toBe(true);
  const header = await readDeltaHeader(memorySource(patch));
  return {
    length: patch.length,
    parts: await unpackedParts(memorySource(patch), header),
    memory: header.memory,
  };
}

describe('a delta of images with packed streams', () => {
  let oldPacked: Uint8Array;
  let newPacked: Uint8Array;
  beforeAll(async () => {
    [oldPacked, newPacked] = await Promise.all([gzipped(OLD, 6), gzipped(NEW, 6)]);
  });

  it('is one of what they hold', async () => {
    const { length, parts } = await made(oldPacked, newPacked);
    expect(parts).toEqual({
      codecs: ['zlib-1.2'],
      old: { streams: 1, bytes: OLD.length },
      new: { streams: 1, bytes: NEW.length },
    });
    expect(length).toBeLessThan(300);
    const plain = await made(oldPacked, newPacked, { unpack: false });
    expect(plain.parts).toBeUndefined();
    expect(plain.length).toBeGreaterThan(10_000);
  });

  it('unpacks only streams that changed', async () => {
    const same = await gzipped(wordy(50_000, 8));
    const image = (changed: Uint8Array) => concatBytes(noise(100), same, noise(50), changed, same, noise(20));
    const { length, parts } = await made(image(oldPacked), image(newPacked));
    expect(parts?.new).toEqual({ streams: 1, bytes: NEW.length });
    expect(parts?.old).toEqual({ streams: 1, bytes: OLD.length });
    expect(length).toBeLessThan(400);
  });

  it('may pack what was not packed before, or otherwise, and the other way round', async () => {
    expect((await made(OLD, newPacked)).length).toBeLessThan(300);
    expect((await made(oldPacked, NEW)).length).toBeLessThan(300);
    expect((await made(oldPacked, await gzipped(NEW, 9))).length).toBeLessThan(300);
    expect((await made(oldPacked, await gzipped(OLD, 1))).length).toBeLessThan(300);
  });

  it('leaves packed what another encoder packed, stream by stream', async () => {
    const foreign = (raw: Uint8Array) =>
      member(raw, deflateRawSync(raw, { level: 9, memLevel: 7, windowBits: 12 }));
    const others = [wordy(40_000, 11), wordy(40_007, 11)] as const;
    const both = await made(
      concatBytes(foreign(others[0]), oldPacked),
      concatBytes(foreign(others[1]), newPacked),
    );
    expect(both.parts?.new).toEqual({ streams: 1, bytes: NEW.length });
    expect((await made(foreign(others[0]), foreign(others[1]))).parts).toBeUndefined();
  });

  it('is made as if nothing were packed where devices lack the codec', async () => {
    expect((await made(oldPacked, newPacked, { unpack: [] })).parts).toBeUndefined();
    expect((await made(oldPacked, newPacked, { unpack: ['zlib-1.2'] })).parts).toBeDefined();
  });

  it('is made as if nothing were packed where that is smaller', async () => {
    // The old image has nothing of what the stream holds, but its packed bytes.
    const { parts } = await made(concatBytes(newPacked.subarray(9), noise(9000)), newPacked);
    expect(parts).toBeUndefined();
  });

  it('fits the memory that there is, or unpacks nothing', async () => {
    const enough = await made(oldPacked, newPacked, { memory: 2 ** 20 });
    expect(enough.parts).toBeDefined();
    expect(enough.memory).toBeLessThanOrEqual(2 ** 20);
    const short = await made(oldPacked, newPacked, { memory: 2 ** 16 });
    expect(short.parts).toBeUndefined();
    expect(short.memory).toBeLessThanOrEqual(2 ** 16);
  });

  it('has the same bytes each time', async () => {
    expect(await make(oldPacked, newPacked)).toEqual(await make(oldPacked, newPacked));
  });
});
