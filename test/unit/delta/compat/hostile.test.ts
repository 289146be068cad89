import { describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from '../../../../src/core/bytes.ts';
import { seal } from '../../../../src/core/digest.ts';
import { putOffset } from '../../../../src/delta/compat/bsdiff-header.ts';
import { ByteList } from '../../../../src/delta/compat/vcdiff/integer.ts';
import { codeOf, noise } from '../support.ts';
import { applyTo, bzip2, imagesOf, makeIn } from './support.ts';

const OLD = utf8('0123456789abcdef');
const NEW = utf8('abcdXYZ012');
const MOST = 2 ** 48;

function numbers(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(8 * values.length);
  values.forEach((value, index) => {
    putOffset(bytes, 8 * index, value);
  });
  return bytes;
}

interface Parts {
  readonly controls: Uint8Array;
  readonly differences: Uint8Array;
  readonly insertions: Uint8Array;
  readonly newLength: number;
}
const HONEST: Parts = {
  controls: numbers(0, 0, 10, 4, 3, -14, 3, 0, 0),
  differences: new Uint8Array(7),
  insertions: utf8('XYZ'),
  newLength: NEW.length,
};

async function bsdiff(change: Partial<Parts>): Promise<Uint8Array> {
  const { newLength, ...raw } = { ...HONEST, ...change };
  const [controls, differences, insertions] = await Promise.all(
    [raw.controls, raw.differences, raw.insertions].map((part) => bzip2(part)),
  );
  if (!controls || !differences || !insertions) throw new Error('there are three');
  const head = numbers(controls.length, differences.length, newLength);
  return concatBytes(utf8('BSDIFF40'), head, controls, differences, insertions);
}

const lengths = async (...values: readonly number[]): Promise<Uint8Array> => {
  const patch = await bsdiff({});
  patch.set(numbers(...values), 8);
  return patch;
};

describe('a BSDIFF40 patch with', () => {
  it.each<[string, () => Promise<Uint8Array>]>([
    ['an addition of -1', () => bsdiff({ controls: numbers(0, 0, 10, -1, 3, -14, 3, 0, 0) })],
    ['an insertion of -1', () => bsdiff({ controls: numbers(0, 0, 10, 4, -1, -14, 3, 0, 0) })],
    ['an addition past the new image', () => bsdiff({ controls: numbers(0, 0, 10, 4, 3, -14, 4, 0, 0) })],
    ['an addition of 2^32 + 4', () => bsdiff({ controls: numbers(0, 0, 10, 2 ** 32 + 4, 3, -14) })],
    ['both of 2^48', () => bsdiff({ controls: numbers(0, 0, 10, MOST, MOST, -14) })],
    [
      'a number of 2^62',
      () => bsdiff({ controls: concatBytes(numbers(0, 0), new Uint8Array(8).fill(0x7f)) }),
    ],
    ['a move before the first byte', () => bsdiff({ controls: numbers(0, 0, -1, 4, 3, -3, 3, 0, 0) })],
    ['a move past the last byte', () => bsdiff({ controls: numbers(0, 0, 13, 4, 3, -17, 3, 0, 0) })],
    [
      'a move far away',
      () => bsdiff({ controls: numbers(0, 0, MOST, 0, 0, MOST, 0, 0, MOST, 0, 0, MOST, 0, 0, MOST) }),
    ],
    ['steps that make nothing', () => bsdiff({ controls: new Uint8Array(24 * 100) })],
    ['fewer steps than it takes', () => bsdiff({ controls: numbers(0, 0, 10, 4, 3, -14) })],
    ['more steps than it takes', () => bsdiff({ controls: concatBytes(HONEST.controls, numbers(0, 0, 0)) })],
    ['fewer differences than it takes', () => bsdiff({ differences: new Uint8Array(6) })],
    ['more differences than it takes', () => bsdiff({ differences: new Uint8Array(8) })],
    ['fewer insertions than it takes', () => bsdiff({ insertions: utf8('XY') })],
    ['more insertions than it takes', () => bsdiff({ insertions: utf8('XYZ!') })],
    ['a length of -1', () => lengths(-1, 40, NEW.length)],
    ['a new length of -1', () => lengths(40, 40, -1)],
    ['parts longer than it is', () => lengths(2 ** 40, 2 ** 40, NEW.length)],
    ['a header alone', async () => (await bsdiff({})).subarray(0, 32)],
    ['half a header', async () => (await bsdiff({})).subarray(0, 20)],
  ])('%s is refused', async (_, make) => {
    expect(await codeOf(applyTo(OLD, await make()))).toBe('delta-invalid');
  });

  it('what is honest makes the image', async () => {
    expect(await applyTo(OLD, await bsdiff({}))).toEqual(NEW);
  });
});

interface Fields {
  readonly indicator: number;
  readonly source: readonly [length: number, start: number];
  readonly target: number;
  readonly data: Uint8Array;
  readonly instructions: Uint8Array;
  readonly addresses: Uint8Array;
  readonly claimed?: number;
}
/** The first 16 old bytes are the source; COPY 4 from 10, ADD 3, COPY 4 from here less 4: the window's own start. */
const WINDOW: Fields = {
  indicator: 1,
  source: [16, 0],
  target: 11,
  data: utf8('XYZ'),
  instructions: Uint8Array.of(20, 4, 36),
  addresses: Uint8Array.of(10, 7),
};

function vcdiff(change: Partial<Fields>, head: readonly number[] = [0xd6, 0xc3, 0xc4, 0, 0]): Uint8Array {
  const { indicator, source, target, data, instructions, addresses, claimed } = { ...WINDOW, ...change };
  const body = new ByteList();
  body.integer(target);
  body.byte(0);
  for (const section of [data, instructions, addresses]) body.integer(section.length);
  for (const section of [data, instructions, addresses]) body.bytes(section);
  const list = new ByteList();
  list.bytes(Uint8Array.from(head));
  list.byte(indicator);
  for (const value of source) list.integer(value);
  list.integer(claimed ?? body.length);
  list.bytes(body.view());
  return list.view().slice();
}

describe('a VCDIFF delta with', () => {
  it.each<[string, Uint8Array]>([
    ['a source outside the old image', vcdiff({ source: [16, 1] })],
    ['a source of 2^47 bytes', vcdiff({ source: [2 ** 47, 2 ** 47] })],
    ['a source that is the new image', vcdiff({ indicator: 2 })],
    ['an indicator that is not known', vcdiff({ indicator: 9 })],
    ['a window of 2^40 bytes', vcdiff({ target: 2 ** 40 })],
    ['a window that is longer than what makes it', vcdiff({ target: 12 })],
    ['a window that is shorter', vcdiff({ target: 10 })],
    ['a copy from what is not there yet', vcdiff({ addresses: Uint8Array.of(10, 0) })],
    ['a copy from before everything', vcdiff({ addresses: Uint8Array.of(10, 0x81, 0) })],
    [
      'a copy of 2^40 bytes',
      vcdiff({ instructions: Uint8Array.of(20, 4, 35, 0xa0, 0x80, 0x80, 0x80, 0x80, 0) }),
    ],
    [
      'a run of 2^40 bytes',
      vcdiff({ instructions: Uint8Array.of(20, 4, 0, 0xa0, 0x80, 0x80, 0x80, 0x80, 0) }),
    ],
    [
      'a number without end',
      vcdiff({ instructions: concatBytes(Uint8Array.of(20, 1), new Uint8Array(40).fill(255)) }),
    ],
    ['less data than it takes', vcdiff({ data: utf8('XY') })],
    ['more data than it takes', vcdiff({ data: utf8('XYZ!') })],
    ['fewer addresses than it takes', vcdiff({ addresses: Uint8Array.of(10) })],
    ['more addresses than it takes', vcdiff({ addresses: Uint8Array.of(10, 7, 1) })],
    ['sections that do not fill the window', vcdiff({ claimed: 40 })],
    ['a code table of its own', vcdiff({}, [0xd6, 0xc3, 0xc4, 0, 2])],
    ['more compression', vcdiff({}, [0xd6, 0xc3, 0xc4, 0, 1, 2])],
    ['a window cut short', vcdiff({}).subarray(0, -1)],
    ['a header cut short', Uint8Array.of(0xd6, 0xc3, 0xc4, 0)],
  ])('%s is refused', async (_, patch) => {
    expect(await codeOf(applyTo(OLD, patch))).toBe('delta-invalid');
  });

  it('what is honest makes the image', async () => {
    expect(await applyTo(OLD, vcdiff({}))).toEqual(utf8('abcdXYZabcd'));
  });
});

it.each(['bsdiff40', 'vcdiff'] as const)(
  'a %s delta that makes more than is signed is refused before it does',
  async (format) => {
    const bomb = await makeIn(format, OLD, new Uint8Array(20_000_000));
    expect(bomb.length).toBeLessThan(1000);
    const images = { old: seal(OLD), new: seal(NEW) };
    const before = process.memoryUsage().arrayBuffers;
    expect(await codeOf(applyTo(OLD, bomb, { images }))).toBe('delta-invalid');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 22);
  },
);

it.each(['bsdiff40', 'vcdiff'] as const)(
  'a %s delta with any byte changed is refused, or makes the image',
  async (format) => {
    const [old, fresh] = [noise(600), concatBytes(noise(600).subarray(100), noise(60, 5))];
    const patch = await makeIn(format, old, fresh);
    const images = imagesOf(old, fresh);
    for (let at = 0; at < patch.length; at += 3) {
      const wrong = Uint8Array.from(patch, (byte, index) => (index === at ? byte ^ (1 << (at % 8)) : byte));
      const made = applyTo(old, wrong, { images });
      const code = await codeOf(made);
      if (code === undefined) expect(await made).toEqual(fresh);
      else expect(['delta-invalid', 'digest-mismatch']).toContain(code);
    }
  },
);
