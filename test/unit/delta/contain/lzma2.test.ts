import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../../src/core/bytes.ts';
import { StreamDamage } from '../../../../src/delta/contain/codec.ts';
import { FINDERS, lzma2, lzma2Params, MODES } from '../../../../src/delta/contain/codecs/lzma2.ts';
import { hubFirmware } from '../../../support/firmware.ts';
import { noise } from '../support.ts';

const params = lzma2Params({
  filter: 0,
  dictionary: 2 ** 16,
  props: 93,
  mode: MODES.normal,
  finder: FINDERS.bt4,
  nice: 64,
  depth: 0,
});
const changed = (index: number, value: number) => params.map((param, at) => (at === index ? value : param));
const raw = hubFirmware('new').subarray(0, 100_000);

describe('the codec of LZMA2', () => {
  it.each([0, 4, 5, 6, 7, 8, 9])('unpacks what it packs with filter %i before it', async (filter) => {
    const packed = await lzma2.encode(raw, changed(0, filter));
    expect(Buffer.from(await lzma2.decode(packed, raw.length, changed(0, filter))).equals(raw)).toBe(true);
    expect(await lzma2.mayHave?.(packed, raw, changed(0, filter))).toBe(true);
  });

  it('sees by the first bytes that other settings were used', async () => {
    const packed = await lzma2.encode(raw, params);
    expect(await lzma2.mayHave?.(packed, raw, changed(5, 16))).toBe(false);
    expect(await lzma2.mayHave?.(packed, raw, changed(2, 0))).toBe(false);
  });

  it('does not judge by a stream that starts with bytes as they are', async () => {
    const mixed = concatBytes(noise(70_000), raw);
    expect(await lzma2.mayHave?.(await lzma2.encode(mixed, params), mixed, params)).toBe(true);
  });

  it.each<[string, (packed: Uint8Array) => Uint8Array, number]>([
    ['is cut short', (packed) => packed.subarray(0, -1), raw.length],
    ['is cut short in a header', (packed) => packed.subarray(0, 3), raw.length],
    ['is empty', () => new Uint8Array(), raw.length],
    ['goes on after its end', (packed) => concatBytes(packed, Uint8Array.of(0)), raw.length],
    ['says that it holds more than is allowed', (packed) => packed, raw.length - 1],
    ['has a chunk of no kind', (packed) => packed.with(0, 0x7f), raw.length],
    ['is damaged', (packed) => packed.fill(255, 50, 90), raw.length],
  ])('refuses a stream that %s', async (_, change, most) => {
    const packed = change(Uint8Array.from(await lzma2.encode(raw, params)));
    await expect(lzma2.decode(packed, most, params)).rejects.toThrow(StreamDamage);
  });

  it.each([
    [params, true],
    [changed(0, 9), true],
    [changed(0, 3), false],
    [changed(0, 10), false],
    [changed(1, 4095), false],
    [changed(1, 2 ** 26 + 1), false],
    [changed(2, 225), false],
    [changed(3, 0), false],
    [changed(4, 2), false],
    [changed(5, 3), false],
    [changed(5, 274), false],
    [changed(6, 1001), false],
    [params.slice(1), false],
    [[...params, 0], false],
  ])('of the settings %j says %s', (list, known) => {
    expect(lzma2.accepts(list)).toBe(known);
  });
});
