import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes.ts';
import { LzmaDamage, LzmaDecoder } from '../../../src/delta/coder/lzma-decoder.ts';
import { encodeLzma } from '../../../src/delta/coder/lzma-encoder.ts';
import { decodeProps, encodeProps, type LzmaProps } from '../../../src/delta/coder/lzma-model.ts';
import { hubFirmware } from '../../support/firmware.ts';
import { collect, noise } from './support.ts';

const props = fc.record({ lc: fc.nat(4), lp: fc.nat(4), pb: fc.nat(4) }).filter(({ lc, lp }) => lc + lp <= 4);
const content = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.tuple(fc.nat(255), fc.nat(3000)).map(([byte, length]) => new Uint8Array(length).fill(byte)),
    fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat(6000)).map(([seed, length]) => noise(length, seed)),
  ),
  { maxLength: 6 },
);

const encode = (bytes: Uint8Array, model: LzmaProps, bits: number) =>
  collect(
    encodeLzma([bytes], {
      props: model,
      windowBits: bits,
      length: bytes.length,
      effort: 'best',
      chunks: false,
    }),
  );

/** Decodes with input that comes `step` bytes at a time. */
function decode(coded: Uint8Array, length: number, model: LzmaProps, size: number, step: number): Uint8Array {
  const decoder = new LzmaDecoder(model, size);
  const made: Uint8Array[] = [];
  let fed = 0;
  for (let left = length; left > 0; ) {
    const bytes = decoder.run(Math.min(left, 777), fed === coded.length);
    made.push(Uint8Array.from(bytes));
    left -= bytes.length;
    if (bytes.length > 0) continue;
    if (fed === coded.length) throw new LzmaDamage('nothing more comes');
    decoder.feed(coded.subarray(fed, fed + step));
    fed = Math.min(coded.length, fed + step);
  }
  return concatBytes(...made);
}

describe('the LZMA decoder', () => {
  it('gives back what liblzma coded, whatever the model and however the input comes', async () => {
    await fc.assert(
      fc.asyncProperty(props, content, fc.integer({ min: 1, max: 5000 }), async (model, parts, step) => {
        const bytes = concatBytes(...parts);
        const coded = await encode(bytes, model, 12);
        expect(decode(coded, bytes.length, model, 4096, step)).toEqual(bytes);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    [12, 4096],
    [20, 2 ** 20],
  ])('decodes firmware with a dictionary of 2^%d bytes', async (bits, size) => {
    const image = hubFirmware('new');
    const coded = await encode(image, { lc: 3, lp: 0, pb: 2 }, bits);
    expect(coded.length).toBeLessThan(image.length * 0.72);
    expect(decode(coded, image.length, { lc: 3, lp: 0, pb: 2 }, size, 65_536)).toEqual(new Uint8Array(image));
  });

  it('never fails otherwise than it says on bytes that are no stream', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), props, (bytes, model) => {
        try {
          decode(concatBytes(Uint8Array.of(0), bytes), 50_000, model, 4096, 100);
        } catch (error) {
          if (!(error instanceof LzmaDamage)) throw error;
        }
      }),
    );
  });
});

describe('the properties', () => {
  it('go through a byte', () => {
    fc.assert(
      fc.property(props, (model) => {
        expect(decodeProps(encodeProps(model))).toEqual(model);
      }),
    );
    expect(decodeProps(0x5d)).toEqual({ lc: 3, lp: 0, pb: 2 });
  });

  it.each([225, 255, 8, 9 + 4])('of byte %d are refused', (byte) => {
    expect(decodeProps(byte)).toBeUndefined();
  });
});
