import { brotliCompressSync, constants, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes.ts';
import { seal } from '../../../src/core/digest.ts';
import { OtaError } from '../../../src/core/errors.ts';
import { memorySource } from '../../../src/core/source.ts';
import { applyDelta } from '../../../src/delta/apply.ts';
import type { Coding } from '../../../src/delta/coder/coding.ts';
import { encode } from '../../../src/delta/coder/encode.ts';
import type { Section } from '../../../src/delta/format.ts';
import {
  apply,
  type Body,
  codeOf,
  collect,
  control,
  DEFLATE,
  forge,
  headerOf,
  make,
  noise,
  varints,
} from './support.ts';

const OLD = Uint8Array.of(10, 20, 30, 40, 50, 60, 70, 80);
const NEW = Uint8Array.of(30, 41, 50, 1, 2, 10, 20);
const NONE = new Uint8Array();

/** Pairs 30 40 50 as 30 41 50, inserts 1 2, then goes back for 10 20. */
const GOOD = {
  controls: concatBytes(control(3, 2, 2), control(2, 0, -5)),
  runs: varints(0, 1, 1, 3),
  differences: Uint8Array.of(1),
  insertions: Uint8Array.of(1, 2),
};
const LZMA: Coding = { coder: 'lzma', windowBits: 12, props: { lc: 0, lp: 0, pb: 0 } };
const BROTLI: Coding = { coder: 'brotli', windowBits: 16 };
const STORED: Coding = { coder: 'stored', windowBits: 0 };

const forged = (body: Partial<Body>, steps = 2, coding?: Coding) =>
  forge(seal(OLD), seal(NEW), { ...GOOD, ...body }, { steps, ...(coding ? { coding } : {}) });
const codeFor = async (body: Partial<Body>, steps?: number) => codeOf(apply(OLD, await forged(body, steps)));

describe('a delta that is written by hand', () => {
  it.each([DEFLATE, LZMA, BROTLI, STORED])('is applied when it is right ($coder)', async (coding) => {
    expect(await apply(OLD, await forged({}, 2, coding))).toEqual(NEW);
  });

  it('may have its controls in groups', async () => {
    const controls = varints(3, 2, 2, 0, 4, 9);
    const patch = await forge(seal(OLD), seal(NEW), { ...GOOD, controls }, { steps: 2, group: 2 });
    expect(await apply(OLD, patch)).toEqual(NEW);
    const larger = await forge(seal(OLD), seal(NEW), { ...GOOD, controls }, { steps: 2, group: 900 });
    expect(await apply(OLD, larger)).toEqual(NEW);
  });

  it.each<[string, Partial<Body>, number?]>([
    ['starts before the old image', { controls: concatBytes(control(3, 2, 2), control(2, 0, -6)) }],
    ['ends after the old image', { controls: concatBytes(control(3, 2, 6), control(2, 0, -5)) }],
    ['seeks as far as it can', { controls: control(3, 2, 2 ** 51) }, 1],
    ['seeks as far back as it can', { controls: control(3, 2, -(2 ** 51)) }, 1],
    ['adds 2^53-1 bytes', { controls: control(2 ** 53 - 1, 0, 2) }, 1],
    ['inserts 2^53-1 bytes', { controls: control(3, 2 ** 53 - 1, 2) }, 1],
    [
      'adds and inserts so much that the sum overflows',
      { controls: control(2 ** 53 - 1, 2 ** 53 - 1, 2) },
      1,
    ],
    ['inserts more than there is', { insertions: Uint8Array.of(1) }],
    ['makes more than the new image', { controls: concatBytes(GOOD.controls, control(1, 0, 0)) }, 3],
    [
      'inserts more than the new image',
      { controls: concatBytes(control(3, 2, 2), control(2, 1, -5)), insertions: Uint8Array.of(1, 2, 3) },
    ],
    ['makes nothing', { controls: concatBytes(control(0, 0, 0), GOOD.controls) }, 3],
    ['has no controls', { controls: NONE }],
    ['has fewer controls than it says', {}, 3],
    ['has more controls than it says', {}, 1],
    ['has a control that is cut short', { controls: GOOD.controls.subarray(0, -1) }],
    [
      'has a control with too long a number',
      { controls: concatBytes(Uint8Array.of(0x83, 0), varints(2, 4)) },
      1,
    ],
    ['has too few runs', { runs: varints(0, 1) }],
    ['has no runs', { runs: NONE, differences: NONE }],
    ['has a pair of runs without bytes', { runs: varints(0, 0, 0, 1, 1, 3) }],
    ['has an equal run past its end', { runs: varints(0, 1, 1, 4) }],
    ['has differences past its end', { runs: varints(0, 1, 5), differences: Uint8Array.of(1, 0, 0, 0, 0) }],
    ['has too few differences', { differences: NONE }],
    ['has runs that nothing uses', { runs: varints(0, 1, 1, 3, 1) }],
    ['has differences that nothing uses', { differences: Uint8Array.of(1, 1) }],
    ['has insertions that nothing uses', { insertions: Uint8Array.of(1, 2, 3) }],
    ['ends before the new image does', { controls: control(3, 2, 2), runs: varints(0, 1, 1, 1) }, 1],
  ])('is refused when it %s', async (_, body, steps) => {
    expect(await codeFor(body, steps)).toBe('delta-invalid');
  });

  it('is refused when it makes something else than it promises', async () => {
    expect(await codeFor({ differences: Uint8Array.of(2) })).toBe('digest-mismatch');
  });

  it.each([DEFLATE, LZMA, BROTLI, STORED])('is refused when bytes follow it ($coder)', async (coding) => {
    const patch = await forged({}, 2, coding);
    for (const tail of [1, 100_000]) {
      expect(await codeOf(apply(OLD, concatBytes(patch, new Uint8Array(tail))))).toBe('delta-invalid');
    }
  });

  it.each([DEFLATE, LZMA, BROTLI, STORED])(
    'is refused when a section has a tail ($coder)',
    async (coding) => {
      const coded = await collect(encode([NEW], coding, NEW.length));
      const withTail = (tail: number) => {
        const section: Section = {
          name: 'insertions',
          coding,
          length: NEW.length,
          coded: coded.length + tail,
        };
        const controls: Section = { name: 'controls', coding: STORED, length: 3, coded: 3 };
        const header = headerOf(seal(OLD), seal(NEW), [controls, section]);
        return apply(OLD, concatBytes(header, control(0, NEW.length, 0), coded, new Uint8Array(tail)));
      };
      expect(await withTail(0)).toEqual(NEW);
      expect(await codeOf(withTail(100))).toBe('delta-invalid');
    },
  );

  it('is refused when it is cut anywhere', async () => {
    const patch = await forged({});
    for (let length = 0; length < patch.length; length++) {
      expect(await codeOf(apply(OLD, patch.subarray(0, length)))).toBe('delta-invalid');
    }
  });
});

it('a match that goes on after the end of a section is refused', async () => {
  // LZMA makes one match of all but the first byte; the last of them are not in the section.
  const coded = await collect(encode([new Uint8Array(200)], LZMA, 200));
  const withLength = (length: number) => {
    const controls: Section = { name: 'controls', coding: STORED, length: 4, coded: 4 };
    const section: Section = { name: 'insertions', coding: LZMA, length, coded: coded.length };
    const fresh = new Uint8Array(length);
    const header = headerOf(seal(OLD), seal(fresh), [controls, section]);
    return apply(OLD, concatBytes(header, control(0, length, 0), coded));
  };
  expect(await withLength(200)).toEqual(new Uint8Array(200));
  expect(await codeOf(withLength(150))).toBe('delta-invalid');
});

describe('the window of a coder', () => {
  const half = noise(20_000);
  const fresh = concatBytes(half, half);
  const withBody = (coding: Coding, coded: Uint8Array) => {
    const controls: Section = { name: 'controls', coding: STORED, length: 5, coded: 5 };
    const section: Section = { name: 'insertions', coding, length: fresh.length, coded: coded.length };
    const header = headerOf(seal(OLD), seal(fresh), [controls, section]);
    return apply(OLD, concatBytes(header, control(0, fresh.length, 0), coded));
  };
  const brotliOf = (bits: number) =>
    brotliCompressSync(fresh, { params: { [constants.BROTLI_PARAM_LGWIN]: bits } });

  it.each([10, 11, 12, 15, 16, 17, 18, 22, 24])(
    'of 2^%d bytes is held to the header by Brotli',
    async (bits) => {
      const coded = brotliOf(bits);
      expect(await withBody({ coder: 'brotli', windowBits: bits }, coded)).toEqual(fresh);
      if (bits > 10) {
        expect(await codeOf(withBody({ coder: 'brotli', windowBits: bits - 1 }, coded))).toBe(
          'delta-invalid',
        );
      }
    },
  );

  it('is not the large one that RFC 7932 does not have', async () => {
    const coded = brotliCompressSync(fresh, {
      params: { [constants.BROTLI_PARAM_LARGE_WINDOW]: 1, [constants.BROTLI_PARAM_LGWIN]: 26 },
    });
    expect(await codeOf(withBody({ coder: 'brotli', windowBits: 24 }, coded))).toBe('delta-invalid');
  });

  it('is held to the header by DEFLATE, where that is more than a piece of output away', async () => {
    const coded = deflateRawSync(fresh, { windowBits: 15 });
    expect(await withBody({ coder: 'deflate', windowBits: 15 }, coded)).toEqual(fresh);
    expect(await codeOf(withBody({ coder: 'deflate', windowBits: 9 }, coded))).toBe('delta-invalid');
  });

  it('is held to the header by LZMA', async () => {
    const coded = await collect(encode([fresh], { ...LZMA, windowBits: 15 }, fresh.length));
    expect(coded.length).toBeLessThan(21_000);
    expect(await withBody({ ...LZMA, windowBits: 15 }, coded)).toEqual(fresh);
    expect(await codeOf(withBody({ ...LZMA, windowBits: 12 }, coded))).toBe('delta-invalid');
  });
});

describe('a decompression bomb', () => {
  const section = (coded: number): Section => ({
    name: 'controls',
    coding: DEFLATE,
    length: 64 << 20,
    coded,
  });

  it('costs no more than the image that its header declares', async () => {
    // 64 MiB of zeros where the controls should be: the first of them makes nothing.
    const bomb = deflateRawSync(new Uint8Array(64 << 20));
    const patch = concatBytes(headerOf(seal(OLD), seal(NEW), [section(bomb.length)]), bomb);
    let made = 0;
    const run = async () => {
      for await (const piece of applyDelta(memorySource(OLD), memorySource(patch))) made += piece.length;
    };
    expect(await codeOf(run())).toBe('delta-invalid');
    expect(made).toBe(0);
  });

  it('after the image is not decoded', async () => {
    const controls = control(0, NEW.length, 0);
    const bomb = deflateRawSync(concatBytes(NEW, new Uint8Array(64 << 20)));
    const sections: Section[] = [
      { name: 'controls', coding: STORED, length: controls.length, coded: controls.length },
      { name: 'insertions', coding: DEFLATE, length: NEW.length, coded: bomb.length },
    ];
    const patch = concatBytes(headerOf(seal(OLD), seal(NEW), sections), controls, bomb);
    expect(await codeOf(apply(OLD, patch))).toBe('delta-invalid');
  });

  it('of steps takes no memory for those that are not there', async () => {
    const header = headerOf(seal(OLD), seal(NEW), [], 2 ** 32 - 1, 65_535);
    expect(await codeOf(apply(OLD, header))).toBe('delta-invalid');
  });
});

describe('a mutated delta', () => {
  const old = noise(20_000);
  const fresh = concatBytes(old.subarray(5000), noise(500, 9), old.subarray(0, 7000));
  for (let at = 0; at < fresh.length; at += 97) fresh[at] = (fresh[at] ?? 0) ^ 5;

  it.each([undefined, 32_768])('never makes another image (memory: %s)', async (memory) => {
    const patch = await make(old, fresh, memory === undefined ? {} : { memory });
    await fc.assert(
      fc.asyncProperty(fc.nat(patch.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const mutated = Uint8Array.from(patch);
        mutated[at] = (mutated[at] ?? 0) ^ flip;
        try {
          // Bits that pad the end of a stream, or another code for the same bytes, may go unnoticed: the image may not.
          expect(await collect(applyDelta(memorySource(old), memorySource(mutated)))).toEqual(fresh);
        } catch (error) {
          if (!(error instanceof OtaError)) throw error;
          expect(['delta-invalid', 'delta-wrong-base', 'digest-mismatch']).toContain(error.code);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('in a decoded section never makes another image', async () => {
    for (const [name, bytes] of Object.entries(GOOD)) {
      for (let at = 0; at < bytes.length; at++) {
        for (const flip of [1, 0x80, 0xff]) {
          const mutated = Uint8Array.from(bytes);
          mutated[at] = (mutated[at] ?? 0) ^ flip;
          expect(await codeFor({ [name]: mutated })).toMatch(/^(?:delta-invalid|digest-mismatch)$/);
        }
      }
    }
  });
});
