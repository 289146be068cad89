import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../../src/core/bytes.ts';
import { encodeAsSdk, type SdkOptions } from '../../../../src/delta/coder/lzma/encode.ts';
import { LzmaDecoder } from '../../../../src/delta/coder/lzma-decoder.ts';
import { StreamDamage } from '../../../../src/delta/contain/codec.ts';
import { lzmaSdk, sdkParams } from '../../../../src/delta/contain/codecs/lzma-sdk.ts';
import { hubFirmware } from '../../../support/firmware.ts';
import { noise } from '../support.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const options = (
  edition: SdkOptions['edition'],
  dictionary: number,
  nice: number,
  [lc, lp, pb]: readonly [number, number, number] = [3, 0, 2],
): SdkOptions => ({ edition, dictionary, nice, props: { lc, lp, pb } });

const firmware = hubFirmware('new');

/** What the tools themselves make of that firmware: 7-Zip 26.02 (LZMA in a .7z, one thread), and lzmp of Debian's lzma 9.22. */
const GOLDEN = [
  [
    '7-Zip',
    options('current', 2 ** 24, 32),
    'ca1f60b1ee391922308d37e93fac912df557304c18d69fdc083bb4ea45b708d0',
  ],
  [
    '7-Zip',
    options('current', 2 ** 16, 64, [0, 2, 2]),
    '6334e9ab3e1575f4303cf520b4d208de3c4ff5d194d132ed54178454e5fe4b61',
  ],
  [
    '7-Zip',
    options('current', 2 ** 12, 273, [4, 0, 0]),
    '340ec3f2bad64ba34077eeceb723e6c988b02d3750dd2cdd5610a63d24983454',
  ],
  [
    'lzmp -3',
    options('old', 2 ** 19, 64),
    'af19749b07fdbf5031517718c54b76fc02a3bc57f1105f200d970f4f2d7944af',
  ],
  [
    'lzmp -7',
    options('old', 2 ** 23, 128),
    '83d1f50b005d87b24be36f559160f7640ab83b6762ee30b423e61c21dbce2ecd',
  ],
] as const;

/** Two byte values at random: ways of short matches that never meet, so that the limit of looking ahead decides. */
const coins = noise(40_000, 9).map((byte) => byte & 1);

const settings = fc.record({
  edition: fc.constantFrom('old' as const, 'current' as const),
  dictionary: fc.constantFrom(2 ** 12, 5000, 2 ** 20),
  nice: fc.constantFrom(5, 32, 273),
  props: fc.record({ lc: fc.nat(4), lp: fc.nat(2), pb: fc.nat(4) }).filter(({ lc, lp }) => lc + lp <= 4),
});
const content = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.tuple(fc.nat(255), fc.nat(3000)).map(([byte, length]) => new Uint8Array(length).fill(byte)),
    fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat(6000)).map(([seed, length]) => noise(length, seed)),
  ),
  { maxLength: 6 },
);

describe('the LZMA SDK’s encoder', () => {
  it.each(GOLDEN)('gives the bytes of %s (%j)', (_, how, digest) => {
    expect(sha256(encodeAsSdk(firmware, how))).toBe(digest);
  });

  it.each([
    [
      '7-Zip',
      options('current', 2 ** 16, 64),
      'bdcbd4b580e3fdf73a3e8c6d1288e111f4033af4097dd8b56a7cdd8c8d74f5db',
    ],
    [
      'lzmp -3',
      options('old', 2 ** 19, 64),
      '1b989fdbb618ad6854ee7d1c9a1747c11dd6da500f52f669796760d9d3dfe82e',
    ],
  ] as const)('gives the bytes of %s (%j) where it looks ahead as far as it can', (_, how, digest) => {
    expect(sha256(encodeAsSdk(coins, how))).toBe(digest);
  });

  it('gives what the decoder gives back, whatever the bytes and settings', () => {
    fc.assert(
      fc.property(settings, content, (how, parts) => {
        const bytes = concatBytes(...parts);
        const coded = encodeAsSdk(bytes, how);
        const decoder = new LzmaDecoder(how.props, Math.max(1, bytes.length));
        decoder.feed(coded);
        expect(decoder.run(bytes.length, true)).toEqual(bytes);
        expect(decoder.left).toBeLessThan(2);
      }),
      { numRuns: 30 },
    );
  });

  it('reaches no further back than its dictionary', () => {
    const half = noise(5000, 1);
    const coded = encodeAsSdk(concatBytes(half, half), options('current', 4096, 32));
    expect(coded.length).toBeGreaterThan(9900);
    expect(encodeAsSdk(concatBytes(half, half), options('current', 5000, 32)).length).toBeLessThan(5200);
  });
});

describe('the codec of .lzma streams', () => {
  const params = sdkParams({ props: 93, dictionary: 2 ** 16, nice: 32, edition: 'current' });
  const raw = firmware.subarray(0, 20_000);

  it('unpacks what it packs, by the header of the stream', async () => {
    const packed = await lzmaSdk.encode(raw, params);
    expect(Array.from(packed.subarray(0, 13))).toEqual([0x5d, 0, 0, 1, 0, 0x20, 0x4e, 0, 0, 0, 0, 0, 0]);
    expect(await lzmaSdk.decode(packed, raw.length, params)).toEqual(new Uint8Array(raw));
  });

  it.each<[string, (packed: Uint8Array) => Uint8Array, number]>([
    ['is cut short', (packed) => packed.subarray(0, packed.length - 1), 20_000],
    ['is no more than a header', (packed) => packed.subarray(0, 13), 20_000],
    ['has no whole header', (packed) => packed.subarray(0, 12), 20_000],
    ['goes on after its end', (packed) => concatBytes(packed, Uint8Array.of(0, 0)), 20_000],
    ['holds more than is allowed', (packed) => packed, 19_999],
    ['has a model that there is none of', (packed) => Uint8Array.of(225, ...packed.subarray(1)), 20_000],
    [
      'leaves its length to an end marker',
      (packed) => packed.map((b, i) => (i > 4 && i < 13 ? 255 : b)),
      20_000,
    ],
    ['is damaged', (packed) => packed.map((b, i) => (i === 13 ? 1 : b)), 20_000],
  ])('refuses a stream that %s', async (_, change, most) => {
    const packed = change(await lzmaSdk.encode(raw, params));
    await expect(lzmaSdk.decode(packed, most, params)).rejects.toThrow(StreamDamage);
  });

  it.each([
    [[93, 2 ** 16, 32, 1], true],
    [[93, 2 ** 16, 32, 0], true],
    [[93, 2 ** 16, 32, 2], false],
    [[93, 2 ** 16, 32], false],
    [[93, 2 ** 16, 32, 1, 0], false],
    [[93, 4095, 32, 1], false],
    [[93, 2 ** 26 + 1, 32, 1], false],
    [[93, 2 ** 16, 4, 1], false],
    [[93, 2 ** 16, 274, 1], false],
    [[225, 2 ** 16, 32, 1], false],
    [[], false],
  ])('of the settings %j says %s', (list, known) => {
    expect(lzmaSdk.accepts(list)).toBe(known);
  });
});
