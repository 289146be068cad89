import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, equalBytes } from '../../../src/core/bytes.ts';
import { memorySource } from '../../../src/core/source.ts';
import type { Coding } from '../../../src/delta/coder/coding.ts';
import { openDecoder } from '../../../src/delta/coder/decoder.ts';
import { encode } from '../../../src/delta/coder/encode.ts';
import { encodeProps } from '../../../src/delta/coder/lzma-model.ts';
import { hubFirmware } from '../../support/firmware.ts';
import { codeOf, collect, noise } from './support.ts';

const CODING: Coding = { coder: 'lzma2', windowBits: 12, props: { lc: 2, lp: 1, pb: 1 } };
const PROPS = encodeProps({ lc: 2, lp: 1, pb: 1 });

/** Decodes as a section is read, up to `most` bytes at a time. */
async function decode(coded: Uint8Array, length: number, coding = CODING, most = 5000): Promise<Uint8Array> {
  const decoder = await openDecoder(memorySource(coded), coding, length);
  const made: Uint8Array[] = [];
  for (let left = length; left > 0; ) {
    const bytes = await decoder.next(Math.min(left, most));
    made.push(Uint8Array.from(bytes));
    left -= bytes.length;
  }
  await decoder.finish();
  return concatBytes(...made);
}

const code = (bytes: Uint8Array, coding = CODING) => collect(encode([bytes], coding, bytes.length));

describe('the LZMA2 decoder', () => {
  const firmware = hubFirmware('new');
  const part = fc.oneof(
    fc.tuple(fc.nat(255), fc.nat(50_000)).map(([byte, length]) => new Uint8Array(length).fill(byte)),
    fc.tuple(fc.integer({ min: 1, max: 9 }), fc.nat(50_000)).map(([seed, length]) => noise(length, seed)),
    fc.tuple(fc.nat(200_000), fc.nat(50_000)).map(([at, length]) => firmware.subarray(at, at + length)),
  );

  it('gives back what liblzma coded, stretches of noise and of something else', async () => {
    const content = fc.array(part, { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(content, fc.integer({ min: 1, max: 70_000 }), async (parts, most) => {
        const bytes = concatBytes(...parts);
        if (bytes.length === 0) return;
        const made = await decode(await code(bytes), bytes.length, CODING, most);
        expect(equalBytes(made, bytes)).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  it('takes next to nothing for noise, which LZMA makes a seventieth larger', async () => {
    const bytes = concatBytes(noise(70_000), firmware.subarray(0, 30_000), noise(70_000, 3));
    const [chunks, stream] = [await code(bytes), await code(bytes, { ...CODING, coder: 'lzma' })];
    expect(chunks.length).toBeLessThan(stream.length * 0.995);
  });

  const [first, low] = [0xe0, 99];
  it.each([
    ['a chunk of no kind', Uint8Array.of(3, 0, 0, 1)],
    ['an end mark', Uint8Array.of(0)],
    ['a first chunk that does not start a window', Uint8Array.of(2, 0, 0, 1)],
    ['a second chunk that starts one', Uint8Array.of(1, 0, 0, 1, 1, 0, 0, 1)],
    ['a chunk that is cut short', Uint8Array.of(1, 0, 9, 1)],
    ['a header that is cut short', Uint8Array.of(first, 0)],
    ['other properties than the table', Uint8Array.of(first, 0, low, 0, 9, PROPS + 1, ...new Uint8Array(10))],
    [
      'a coded chunk before any properties',
      Uint8Array.of(1, 0, 0, 1, 0x80, 0, low, 0, 9, ...new Uint8Array(10)),
    ],
    ['a chunk of which much is not used', Uint8Array.of(first, 0, 0, 0, 30, PROPS, ...new Uint8Array(31))],
    ['a chunk that needs more than it has', Uint8Array.of(first, 31, 255, 0, 5, PROPS, ...new Uint8Array(6))],
    ['a chunk behind the last byte', Uint8Array.of(1, 0, 99, ...new Uint8Array(100), 2, 0, 0, 1)],
  ])('refuses %s', async (_, coded) => {
    expect(await codeOf(decode(coded, 100))).toBe('delta-invalid');
  });

  it('refuses a match that goes on after its chunk', async () => {
    const coded = Uint8Array.from(await code(new Uint8Array(200)));
    expect(await decode(coded, 200)).toEqual(new Uint8Array(200));
    expect(coded[2]).toBe(199);
    coded[2] = 149;
    expect(await codeOf(decode(coded, 150))).toBe('delta-invalid');
  });
});
