import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes.ts';
import { encodeAsSdk, encodeSparse } from '../../../src/delta/coder/lzma/encode.ts';
import { partInRows, ZeroRows } from '../../../src/delta/coder/lzma/zero-rows.ts';
import { LzmaDecoder } from '../../../src/delta/coder/lzma-decoder.ts';
import type { LzmaProps } from '../../../src/delta/coder/lzma-model.ts';
import { codeSection } from '../../../src/delta/write/code.ts';
import type { Plan } from '../../../src/delta/write/plan.ts';
import type { Raw } from '../../../src/delta/write/spool.ts';
import { noise } from './support.ts';

const PROPS: LzmaProps = { lc: 1, lp: 0, pb: 2 };

function decode(coded: Uint8Array, length: number, props: LzmaProps): Uint8Array {
  const decoder = new LzmaDecoder(props, Math.max(1, length));
  decoder.feed(coded);
  return Uint8Array.from(decoder.run(length, true));
}

/** Rows of zeros, and between them what few patterns there are. */
const rows = (lengths: readonly number[], patterns: readonly Uint8Array[]): Uint8Array =>
  concatBytes(
    ...lengths.flatMap((length, index) => [
      new Uint8Array(length),
      patterns[index % patterns.length] as Uint8Array,
    ]),
  );

describe('sparse data', () => {
  it('comes back, whatever the rows and what is between them', async () => {
    const row = fc.oneof(fc.nat(50), fc.nat(600), fc.integer({ min: 2000, max: 9000 }));
    const pattern = fc.uint8Array({ minLength: 1, maxLength: 9 });
    const props = fc.record({ lc: fc.nat(4), lp: fc.constant(0), pb: fc.nat(2) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 30 }),
        fc.array(pattern, { minLength: 1, maxLength: 4 }),
        props,
        async (lengths, patterns, model) => {
          const data = rows(lengths, patterns);
          const coded = await encodeSparse(data, { props: model, dictionary: 2 ** 16 });
          expect(Buffer.compare(decode(coded, data.length, model), data)).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('comes out about as small as by the choices of the SDK', async () => {
    // As in machine code: few patterns, most rows short.
    const patterns = Array.from({ length: 40 }, (_, index) => noise(1 + (index % 6), index + 1));
    const order = noise(1500, 7);
    const data = rows(
      Array.from(noise(1500, 3), (byte) => ((byte & 3) === 0 ? 2 * byte : byte >> 3)),
      Array.from(order, (byte) => patterns[byte % 40] as Uint8Array),
    );
    const options = { props: PROPS, dictionary: 2 ** 20 };
    const sdk = encodeAsSdk(data, { ...options, nice: 273, edition: 'current' });
    const sparse = await encodeSparse(data, options);
    expect(Buffer.compare(decode(sparse, data.length, PROPS), data)).toBe(0);
    expect(sparse.length).toBeLessThan(sdk.length * 1.03);
  });

  it('takes a row of zeros of any length in few bytes', async () => {
    const data = new Uint8Array(3_000_000);
    const coded = await encodeSparse(data, { props: PROPS, dictionary: 2 ** 22 });
    expect(coded.length).toBeLessThan(700);
    expect(Buffer.compare(decode(coded, data.length, PROPS), data)).toBe(0);
  });
});

describe('rows of zeros', () => {
  it('are long from the fifth place on up to 48 before their end', () => {
    const data = concatBytes(Uint8Array.of(1), new Uint8Array(100), Uint8Array.of(2), new Uint8Array(30));
    const zeros = new ZeroRows(data);
    const passed = Array.from(data.keys()).filter((place) => zeros.leftAt(place) > 0);
    expect([passed[0], passed.at(-1), passed.length]).toEqual([5, 52, 48]);
  });

  it('are counted', () => {
    expect(partInRows([])).toBe(0);
    expect(partInRows([noise(1000)])).toBe(0);
    expect(partInRows([new Uint8Array(1052), noise(1000)])).toBeCloseTo(1000 / 2052);
  });
});

describe('a section of sparse bytes', () => {
  const data = new Uint8Array(1_050_000);
  for (const [index, byte] of noise(3500, 4).entries()) data[index * 300 + (byte & 255)] = byte & 3;
  const raw: Raw = { length: data.length, pieces: () => [data.subarray(0, 700_000), data.subarray(700_000)] };
  const coded = async (bits: number) => {
    const plan = { coder: 'lzma', group: 1, bits: new Map([['differences', bits]]), spare: 2 ** 30 } as const;
    const section = await codeSection('differences', raw, plan as Plan);
    return { bytes: concatBytes(...(section?.pieces ?? [])), props: section?.coding.props ?? PROPS };
  };

  it('is coded as such, and comes back', async () => {
    const { bytes, props } = await coded(21);
    expect(bytes).toEqual(await encodeSparse(data, { props, dictionary: 2 ** 21 }));
    expect(Buffer.compare(decode(bytes, data.length, props), data)).toBe(0);
  });

  it('is coded as any other where the window is small', async () => {
    const { bytes, props } = await coded(16);
    expect(bytes).not.toEqual(await encodeSparse(data, { props, dictionary: 2 ** 16 }));
    expect(Buffer.compare(decode(bytes, data.length, props), data)).toBe(0);
  });
});
