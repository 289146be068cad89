import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../../src/core/bytes.ts';
import { seal } from '../../../../src/core/digest.ts';
import { StreamDamage } from '../../../../src/delta/contain/codec.ts';
import { deflateParams, RAW, ZLIB, zlib } from '../../../../src/delta/contain/codecs/zlib.ts';
import { wordy } from './support.ts';

const TEXT = wordy(60_000);

describe('zlib-1.2', () => {
  // Made by zlib 1.2.13 (Python's zlib.compressobj) from the same bytes.
  it.each([
    [
      'level 9 in its own header',
      { wrapper: ZLIB, level: 9 },
      '39a75517119245991081fb312c9da2d8a171c3f8c60baad06007b31fc9af89b7',
    ],
    [
      'level 6 without a header',
      { wrapper: RAW, level: 6 },
      '9d957e909302316c34745e470f11924008275a9be86a58bc4d22262c7248d1b1',
    ],
    [
      'level 1',
      { wrapper: RAW, level: 1 },
      '91ab3609dd9fc22e5f8d4093025e392eb608553272771334b81e5f9b14debaee',
    ],
    [
      'a small window and table',
      { wrapper: RAW, level: 9, windowBits: 10, memLevel: 3 },
      'e70d80f63874d9d37b829897c3c37c49287852801619cbb85b4fd010144000c5',
    ],
    [
      'filtered',
      { wrapper: RAW, level: 5, strategy: 1 },
      '88ff4e5d65864e2501a6430d190702e5ebf833b1f24c7dcc828cdda9e7b30c0b',
    ],
  ] as const)('packs as zlib does: %s', async (_, settings, digest) => {
    expect(seal(await zlib.encode(TEXT, deflateParams(settings))).sha256).toBe(digest);
  });

  it('does not pack as the zlib of Node does, which is why that is not used', async () => {
    const packed = await zlib.encode(TEXT, deflateParams({ wrapper: RAW, level: 9 }));
    expect(deflateRawSync(TEXT, { level: 9 })).not.toEqual(Buffer.from(packed));
  });

  it('unpacks what it packs, whatever the settings', async () => {
    const settings = fc.record({
      wrapper: fc.constantFrom(RAW, ZLIB),
      level: fc.integer({ min: 1, max: 9 }),
      windowBits: fc.integer({ min: 9, max: 15 }),
      memLevel: fc.integer({ min: 1, max: 9 }),
      strategy: fc.integer({ min: 0, max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(settings, fc.nat(20_000), fc.nat(9), async (how, length, seed) => {
        const params = deflateParams(how);
        expect(zlib.accepts(params)).toBe(true);
        const raw = wordy(length, seed + 1);
        const packed = await zlib.encode(raw, params);
        expect(Buffer.from(await zlib.decode(packed, length, params)).equals(raw)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('refuses a stream that is damaged, cut short, followed by something, or longer than allowed', async () => {
    for (const wrapper of [RAW, ZLIB] as const) {
      const params = deflateParams({ wrapper, level: 6 });
      const packed = await zlib.encode(TEXT, params);
      const damaged = Uint8Array.from(packed);
      damaged.fill(0xff, 40, 60);
      for (const [bytes, most] of [
        [damaged, TEXT.length],
        [packed.subarray(0, -5), TEXT.length],
        [concatBytes(packed, Uint8Array.of(0)), TEXT.length],
        [packed, TEXT.length - 1],
        [packed, 0],
        [new Uint8Array(), TEXT.length],
      ] as const) {
        await expect(zlib.decode(bytes, most, params)).rejects.toThrow(StreamDamage);
      }
    }
  });

  it('has no other settings', () => {
    const good = deflateParams({ wrapper: RAW, level: 6 });
    expect(zlib.accepts(good)).toBe(true);
    for (const [index, value] of [
      [0, 2],
      [1, 0],
      [1, 10],
      [2, 8],
      [2, 16],
      [3, 0],
      [3, 10],
      [4, 5],
    ] as const) {
      expect(zlib.accepts(good.with(index, value))).toBe(false);
    }
    expect(zlib.accepts(good.slice(1))).toBe(false);
    expect(zlib.accepts([...good, 0])).toBe(false);
  });

  it('takes as much memory as zlib says', () => {
    expect(zlib.memory(deflateParams({ wrapper: RAW, level: 9 }))).toBe(2 ** 17 + 2 ** 17);
    expect(zlib.memory(deflateParams({ wrapper: RAW, level: 9, windowBits: 9, memLevel: 1 }))).toBe(
      2 ** 11 + 2 ** 10,
    );
  });
});
