import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../../src/core/bytes.ts';
import { memorySource } from '../../../../src/core/source.ts';
import { lzmaSdk, sdkParams } from '../../../../src/delta/contain/codecs/lzma-sdk.ts';
import { unpackedParts } from '../../../../src/delta/contain/describe.ts';
import { readDeltaHeader } from '../../../../src/delta/format.ts';
import { hubFirmware } from '../../../support/firmware.ts';
import { apply, make, noise } from '../support.ts';
import { bzImage, lzmaSection, xzFile } from './support.ts';

const [oldRaw, newRaw] = (['old', 'new'] as const).map((which) => hubFirmware(which, 'movehub')) as [
  Uint8Array,
  Uint8Array,
];

async function made(old: Uint8Array, fresh: Uint8Array) {
  const patch = await make(old, fresh);
  expect(Buffer.from(await apply(old, patch)).equals(fresh)).toBe(true);
  const source = memorySource(patch);
  return { length: patch.length, parts: await unpackedParts(source, await readDeltaHeader(source)) };
}

describe('a delta of an image that LZMA packed', () => {
  it('is one of what a bzImage holds', async () => {
    const [old, fresh] = [
      bzImage(await xzFile(oldRaw, { filter: 7 })),
      bzImage(await xzFile(newRaw, { filter: 7 })),
    ];
    const { length, parts } = await made(old, fresh);
    expect(parts?.codecs).toEqual(['liblzma-5']);
    expect(parts?.new).toEqual({ streams: 1, bytes: newRaw.length });
    expect(length).toBeLessThan((await made(oldRaw, newRaw)).length + 120);
  });

  it.each(['current', 'old'] as const)(
    'is one of what a UEFI volume by the %s LZMA SDK holds',
    async (edition) => {
      const params = sdkParams({ props: 93, dictionary: 2 ** 24, nice: 32, edition });
      const volume = async (raw: Uint8Array) =>
        concatBytes(noise(2000), lzmaSection(await lzmaSdk.encode(raw, params)), noise(5000, 9));
      const { length, parts } = await made(await volume(oldRaw), await volume(newRaw));
      expect(parts?.codecs).toEqual(['lzma-sdk']);
      expect(parts?.new).toEqual({ streams: 1, bytes: newRaw.length });
      expect(length).toBeLessThan((await made(oldRaw, newRaw)).length + 120);
    },
  );

  it('leaves packed what no known settings pack to the same bytes', async () => {
    const params = sdkParams({ props: 93, dictionary: 2 ** 24, nice: 5, edition: 'current' });
    const volume = async (raw: Uint8Array) => lzmaSection(await lzmaSdk.encode(raw, params));
    expect((await made(await volume(oldRaw), await volume(newRaw))).parts).toBeUndefined();
  });
});
