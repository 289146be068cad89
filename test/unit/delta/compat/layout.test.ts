import { describe, expect, it } from 'vitest';
import { concatBytes, toHex, utf8 } from '../../../../src/core/bytes.ts';
import { memorySource } from '../../../../src/core/source.ts';
import { writeBsdiff } from '../../../../src/delta/compat/bsdiff-write.ts';
import { AddressCache } from '../../../../src/delta/compat/vcdiff/address-cache.ts';
import { ADD, CODES, COPY, NOOP, RUN } from '../../../../src/delta/compat/vcdiff/code-table.ts';
import { ByteList } from '../../../../src/delta/compat/vcdiff/integer.ts';
import { writeVcdiff } from '../../../../src/delta/compat/vcdiff/write.ts';
import { Steps } from '../../../../src/delta/match/steps.ts';
import { collect } from '../support.ts';
import { bzip2 } from './support.ts';

const OLD = utf8('0123456789abcdef');
const NEW = utf8('abcdXYZ012');

/** Four bytes from 10 on, three new ones, three from the start on. */
function matched() {
  const steps = new Steps();
  steps.push(4, 3, 10);
  steps.push(3, 0, 0);
  return { old: memorySource(OLD), fresh: memorySource(NEW), steps };
}

const int64 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(Math.abs(value)), true);
  if (value < 0) bytes[7] = (bytes[7] ?? 0) | 0x80;
  return bytes;
};

it('a BSDIFF40 patch, byte for byte', async () => {
  const triples = [
    [0, 0, 10],
    [4, 3, -14],
    [3, 0, 0],
  ].flat();
  const controls = await bzip2(...triples.map(int64));
  const differences = await bzip2(new Uint8Array(7));
  const expected = concatBytes(
    utf8('BSDIFF40'),
    int64(controls.length),
    int64(differences.length),
    int64(NEW.length),
    controls,
    differences,
    await bzip2(utf8('XYZ')),
  );
  expect(toHex(await collect(writeBsdiff(matched())))).toBe(toHex(expected));
});

it('a VCDIFF delta, byte for byte', async () => {
  // The source are the 4 bytes from 10 on: COPY 4 at 0, which the same cache holds from the start; ADD 6, since 3 equal bytes are no copy.
  const window = ['01', '04', '0a', '0e', '0a', '00', '06', '02', '01', toHex(utf8('XYZ012')), '7407', '00'];
  expect(toHex(await collect(writeVcdiff(matched())))).toBe(`d6c3c40000${window.join('')}`);
});

describe('the default code table (RFC 3284, section 5.6)', () => {
  it.each([
    [0, [RUN, 0, 0], [NOOP, 0, 0]],
    [1, [ADD, 0, 0], [NOOP, 0, 0]],
    [18, [ADD, 17, 0], [NOOP, 0, 0]],
    [19, [COPY, 0, 0], [NOOP, 0, 0]],
    [34, [COPY, 18, 0], [NOOP, 0, 0]],
    [35, [COPY, 0, 1], [NOOP, 0, 0]],
    [162, [COPY, 18, 8], [NOOP, 0, 0]],
    [163, [ADD, 1, 0], [COPY, 4, 0]],
    [165, [ADD, 1, 0], [COPY, 6, 0]],
    [166, [ADD, 2, 0], [COPY, 4, 0]],
    [234, [ADD, 4, 0], [COPY, 6, 5]],
    [235, [ADD, 1, 0], [COPY, 4, 6]],
    [246, [ADD, 4, 0], [COPY, 4, 8]],
    [247, [COPY, 4, 0], [ADD, 1, 0]],
    [255, [COPY, 4, 8], [ADD, 1, 0]],
  ])('code %d', (code, first, second) => {
    const entry = CODES[code];
    expect([entry?.first, entry?.second].map((part) => [part?.kind, part?.size, part?.mode])).toEqual([
      first,
      second,
    ]);
    expect(CODES).toHaveLength(256);
  });
});

it('addresses are told and found alike', () => {
  const [teller, finder] = [new AddressCache(), new AddressCache()];
  const modes = new Set<number>();
  const addresses = [5, 70_000, 70_010, 5, 300_000, 299_990, 70_000, 768, 5, 1536, 300_001];
  addresses.forEach((address, index) => {
    const here = 300_100 + index;
    const { mode, value } = teller.tell(address, here);
    modes.add(mode);
    expect(finder.find(mode, value, here)).toBe(address);
  });
  expect([...modes].sort()).toEqual([0, 1, 3, 6]);
});

it.each([
  [0, '00'],
  [127, '7f'],
  [128, '8100'],
  [123_456_789, 'baef9a15'],
  [2 ** 40, 'a080808080 00'.replace(' ', '')],
])('the integer %d (RFC 3284, section 2)', (value, hex) => {
  const list = new ByteList();
  list.integer(value);
  expect(toHex(list.view())).toBe(hex);
});
