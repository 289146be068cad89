import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes.ts';
import { deflateParams, RAW, ZLIB, zlib } from '../../../../src/delta/contain/codecs/zlib.ts';
import {
  decodePacking,
  encodePacking,
  type Packing,
  packingMemory,
  unpackedLength,
} from '../../../../src/delta/contain/packing.ts';
import { codeOf, varints } from '../support.ts';

const packers = [
  { codec: zlib, params: deflateParams({ wrapper: RAW, level: 6 }) },
  { codec: zlib, params: deflateParams({ wrapper: ZLIB, level: 9 }) },
] as const;

const PACKING: Packing = {
  keep: 700,
  old: [
    { offset: 10, length: 100, raw: 300, packer: packers[0] },
    { offset: 110, length: 50, raw: 700, packer: packers[1] },
  ],
  new: [{ at: 20, raw: 400, packer: packers[1] }],
  oldLength: 1000 + 200 + 650,
  newLength: 1500,
};
/** The section of docs/formats/delta.md, written out by hand. */
const VALUES = [
  [700, 2, 1, 5, 0, 6, 15, 8, 0, 1, 5, 1, 9, 15, 8, 0],
  [2, 10, 0, 100, 50, 300, 700, 0, 1],
  [1, 1500, 20, 400, 1],
];

const decode = (bytes: Uint8Array) => decodePacking(bytes, 1000, 1000);
/** The values with some of them changed, by list and place. */
const changed = (...changes: readonly (readonly [number, number, number])[]) => {
  const lists = VALUES.map((list) => [...list]);
  for (const [list, index, value] of changes) (lists[list] as number[])[index] = value;
  return varints(...lists.flat());
};

describe('the list of packed streams', () => {
  it('is what the specification says', () => {
    expect(toHex(encodePacking(PACKING))).toBe(toHex(varints(...VALUES.flat())));
    expect(decode(varints(...VALUES.flat()))).toEqual(PACKING);
  });

  it('takes the memory that the specification says', () => {
    expect(packingMemory(PACKING, 30)).toBe(8 * 30 + 700 + 100 + 2 * 400 + 2 ** 17 + 2 ** 17);
    expect(packingMemory({ ...PACKING, old: [], new: [], keep: 0 }, 4)).toBe(32);
  });

  it('comes back as it was', () => {
    const stream = fc.record({
      gap: fc.nat(5000),
      length: fc.integer({ min: 1, max: 5000 }),
      raw: fc.integer({ min: 1, max: 50_000 }),
      packer: fc.constantFrom(...packers),
    });
    fc.assert(
      fc.property(
        fc.array(stream, { maxLength: 30 }),
        fc.array(stream, { maxLength: 30 }),
        fc.nat(9),
        (a, b, extra) => {
          let end = 0;
          const old = a.map(({ gap, length, raw, packer }) => {
            const offset = end + gap;
            end = offset + length;
            return { offset, length, raw, packer };
          });
          let at = 0;
          const fresh = b.map(({ gap, raw, packer }) => {
            const start = at + gap;
            at = start + raw;
            return { at: start, raw, packer };
          });
          const packing: Packing = {
            keep: 50_000 + extra,
            old,
            new: fresh,
            oldLength: unpackedLength(end + extra, old),
            newLength: at + extra,
          };
          expect(decodePacking(encodePacking(packing), end + extra, at)).toEqual(packing);
        },
      ),
    );
  });

  it.each<[string, Uint8Array]>([
    ['is empty', new Uint8Array()],
    ['is cut short', changed().subarray(0, -1)],
    ['goes on after its end', varints(...VALUES.flat(), 0)],
    ['keeps less than its longest stream', changed([0, 0, 699])],
    ['names a codec that is not known', changed([0, 2, 9999])],
    ['has a codec with settings that it has not', changed([0, 5, 10])],
    ['has a codec with too few settings', varints(700, 1, 1, 1, 0, 0, 0, 0)],
    ['has a codec with too many settings', varints(700, 1, 1, 17, ...new Array(17).fill(1), 0, 0, 0)],
    ['says that there are more codecs than bytes', changed([0, 1, 2 ** 40])],
    ['says that there are more old streams than bytes', changed([1, 0, 2 ** 40])],
    ['says that there are more new streams than bytes', changed([2, 0, 2 ** 40])],
    ['has an old stream without bytes', changed([1, 3, 0])],
    ['has an old stream that holds nothing', changed([1, 5, 0])],
    ['has an old stream past the old image', changed([1, 1, 851])],
    ['has an old stream far past the old image', changed([1, 2, 2 ** 53 - 1])],
    ['has an old stream that is longer than the old image', changed([1, 3, 2 ** 53 - 1])],
    ['has an old stream that holds too much', changed([1, 5, 2 ** 28 + 1], [0, 0, 2 ** 29])],
    ['has an old stream of a codec that is not listed', changed([1, 7, 2])],
    ['has a new stream that holds nothing', changed([2, 3, 0])],
    ['has a new stream past the new image', changed([2, 2, 1101])],
    ['has a new stream that is longer than the new image', changed([2, 3, 1481])],
    ['has a new stream that holds too much', changed([2, 1, 2 ** 30], [2, 3, 2 ** 28 + 1])],
    ['has a new stream of a codec that is not listed', changed([2, 4, 2])],
    ['makes too much of the old image', changed([1, 5, 2 ** 21], [0, 0, 2 ** 22])],
    ['makes too much of the new image', changed([2, 1, 2 ** 21])],
  ])('is refused when it %s', async (_, bytes) => {
    expect(await codeOf(Promise.resolve().then(() => decode(bytes)))).toBe('delta-invalid');
  });

  it('may make 64 times the image and a mebibyte, not more', () => {
    const most = 2 ** 20 + 64 * 1000;
    expect(decode(changed([2, 1, most])).newLength).toBe(most);
    expect(() => decode(changed([2, 1, most + 1]))).toThrow(/hold more/);
  });
});
