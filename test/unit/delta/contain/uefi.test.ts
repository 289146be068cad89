import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../../src/core/bytes.ts';
import { memorySource } from '../../../../src/core/source.ts';
import { lzmaSdk, sdkParams } from '../../../../src/delta/contain/codecs/lzma-sdk.ts';
import { uefi } from '../../../../src/delta/contain/finders/uefi.ts';
import { hubFirmware } from '../../../support/firmware.ts';
import { noise } from '../support.ts';
import { lzmaSection } from './support.ts';

const raw = hubFirmware('new').subarray(0, 30_000);
const settings = { props: 93, dictionary: 2 ** 24, nice: 32, edition: 'current' } as const;
const packed = await lzmaSdk.encode(raw, sdkParams(settings));
const section = lzmaSection(packed);
const find = (bytes: Uint8Array) => uefi.find(memorySource(bytes));

describe('the search for packed UEFI sections', () => {
  it('finds them wherever they are, with what may have packed them', async () => {
    const large = lzmaSection(packed, { large: true });
    const other = lzmaSection(packed, { guid: 'bde62ad45213fb4b909aca72a6eae889' });
    const image = concatBytes(section, noise(444), large, other, noise(9));
    const found = await find(image);
    expect(found.map(({ offset, length, most }) => ({ offset, length, most }))).toEqual([
      { offset: 24, length: packed.length, most: raw.length },
      { offset: section.length + 444 + 28, length: packed.length, most: raw.length },
      { offset: section.length + 444 + large.length + 24, length: packed.length, most: raw.length },
    ]);
    expect(found[0]?.guesses[0]).toEqual(sdkParams(settings));
    expect(found[0]?.guesses[1]).toEqual(sdkParams({ ...settings, edition: 'old' }));
  });

  it.each<[string, Uint8Array]>([
    ['is another kind of section', section.with(3, 1)],
    ['has another GUID', section.with(4, 0)],
    ['is cut short', section.subarray(0, -1)],
    ['ends in its GUID', section.subarray(0, 18)],
    ['ends before its data', section.subarray(0, 24)],
    ['has its data before its header ends', section.with(20, 23)],
    ['has its data past its end', section.with(21, 255)],
    ['is no larger than its header', lzmaSection(new Uint8Array())],
    ['holds no whole header of LZMA', lzmaSection(packed.subarray(0, 12))],
    ['holds too little', lzmaSection(packed.with(6, 1).with(5, 0))],
    ['says that it holds too much', lzmaSection(packed.with(9, 1))],
    ['leaves its length to an end marker', lzmaSection(packed.map((b, i) => (i > 4 && i < 13 ? 255 : b)))],
    ['has a model that there is none of', lzmaSection(packed.with(0, 225))],
    ['has a dictionary that no codec takes', lzmaSection(packed.with(4, 64))],
  ])('finds nothing in what %s', async (_, bytes) => {
    expect(await find(bytes)).toEqual([]);
  });

  it('sees by the first bytes which settings it can be', async () => {
    expect(await lzmaSdk.mayHave?.(packed, raw, sdkParams(settings))).toBe(true);
    expect(await lzmaSdk.mayHave?.(packed, raw, sdkParams({ ...settings, nice: 64 }))).toBe(false);
    expect(await lzmaSdk.mayHave?.(packed, raw, sdkParams({ ...settings, edition: 'old' }))).toBe(false);
  });
});
