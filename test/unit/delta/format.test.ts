import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex } from '../../../src/core/bytes.ts';
import { memorySource } from '../../../src/core/source.ts';
import { encodeHeader, type HeaderFields, readDeltaHeader } from '../../../src/delta/format.ts';
import { codeOf } from './support.ts';

const HEADER: HeaderFields = {
  old: { sha256: 'a1'.repeat(32), length: 2 ** 32 + 5 },
  new: { sha256: 'b2'.repeat(32), length: 300 },
  steps: 3,
  group: 64,
  blockBits: 0,
  labelBits: 0,
  sections: [
    { name: 'controls', coding: { coder: 'stored', windowBits: 0 }, length: 9, coded: 9 },
    {
      name: 'insertions',
      coding: { coder: 'lzma', windowBits: 12, props: { lc: 3, lp: 0, pb: 2 } },
      length: 300,
      coded: 4,
    },
  ],
};
const BODY = new Uint8Array(13);

/** The header of docs/formats/delta.md, written out by hand. */
const VECTOR = [
  '6f746164656c7461', // otadelta
  '02 02 4000', // version, sections, group
  '2e5f0000', // memory
  '03000000', // steps
  '00000000', // reserved
  '0500000001000000', // old length
  '2c01000000000000', // new length
  'a1'.repeat(32),
  'b2'.repeat(32),
  '10 00 00 00 09 09', // controls, stored
  '13 03 5d 0c ac02 04', // insertions, LZMA, lc 3 and pb 2, 2^12
]
  .join('')
  .replaceAll(' ', '');

const read = (bytes: Uint8Array) => readDeltaHeader(memorySource(bytes));

/** The vector and its sections with some bytes replaced. */
function changed(at: number, ...bytes: readonly number[]): Uint8Array {
  const header = concatBytes(fromHex(VECTOR) ?? new Uint8Array(), BODY);
  header.set(bytes, at);
  return header;
}

describe('the header', () => {
  it('is what the specification says', async () => {
    expect(toHex(encodeHeader(HEADER))).toBe(VECTOR);
    expect(await read(changed(0))).toEqual({
      format: 'otad',
      version: 2,
      coder: 'lzma',
      ...HEADER,
      memory: 4096 + 64 * 24 + 4096 + 14_638,
      packing: 0,
      length: 117,
    });
  });

  it('needs no sections', async () => {
    const header = encodeHeader({ ...HEADER, steps: 0, group: 1, sections: [] });
    expect(await read(header)).toMatchObject({
      sections: [],
      memory: 4096 + 24,
      length: 104,
      coder: 'stored',
    });
  });

  it.each([
    ['is cut short', changed(0).subarray(0, 103)],
    ['is cut short in its table', changed(0).subarray(0, 110)],
    ['is empty', new Uint8Array()],
    ['has another magic', changed(0, 0x4f)],
    ['has another version', changed(8, 1)],
    ['has fewer sections in its table', changed(9, 3)],
    ['has more sections in its table', changed(9, 1)],
    ['has groups of no steps', changed(10, 0, 0)],
    ['declares less memory than it takes', changed(12, 0x2d)],
    ['declares more memory than it takes', changed(12, 0x2f)],
    ['has a reserved byte', changed(22, 1)],
    ['has blocks of a prediction that is not there', changed(20, 10)],
    ['has labels of a prediction that is not there', changed(21, 10)],
    ['has an old image past 2^48', changed(24, 1, 0, 0, 0, 0, 0, 1)],
    ['has a new image past 2^48', changed(32, 0, 0, 0, 0, 0, 0, 0, 0x80)],
    ['has an unknown section', changed(104, 2)],
    ['unpacks streams without memory for that', changed(104, 1)],
    ['has a section twice', changed(110, 0x10)],
    ['has a section before another', changed(104, 0x13)],
    ['has an unknown coder', changed(105, 4)],
    ['has properties where there are none', changed(106, 1)],
    ['has a window where there is none', changed(107, 1)],
    ['has too large a window', changed(113, 27)],
    ['has a model that LZMA has not', changed(112, 225)],
    ['has a model that is larger than LZMA2 allows', changed(112, 4 + 9)],
    ['has an empty section', changed(108, 0)],
    ['has a length that is not in its shortest form', changed(115, 0x80)],
  ])('is refused when it %s', async (_, bytes) => {
    expect(await codeOf(read(bytes))).toBe('delta-invalid');
  });
});
