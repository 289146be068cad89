import { brotliCompressSync, constants, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes.ts';
import { seal } from '../../../src/core/digest.ts';
import { OtaError } from '../../../src/core/errors.ts';
import { memorySource } from '../../../src/core/source.ts';
import { applyDelta } from '../../../src/delta/apply.ts';
import { encodeHeader } from '../../../src/delta/format.ts';
import type { CoderPlan } from '../../../src/delta/memory.ts';
import { apply, codeOf, collect, control, forge, make, noise, PLAN, varints, windowOf } from './support.ts';

const OLD = Uint8Array.of(10, 20, 30, 40, 50, 60, 70, 80);
const NEW = Uint8Array.of(30, 41, 50, 1, 2, 10, 20);
const NONE = new Uint8Array();

/** Pairs 30 40 50 as 30 41 50, inserts 1 2, then goes back for 10 20. */
const GOOD = {
  controls: concatBytes(control(3, 2, 2), control(2, 0, -5)),
  runs: varints(1, 1, 1, 2),
  differences: Uint8Array.of(1),
  insertions: Uint8Array.of(1, 2),
};

const windowWith = (streams: Partial<typeof GOOD>): Uint8Array => {
  const { controls, runs, differences, insertions } = { ...GOOD, ...streams };
  return windowOf(controls, runs, differences, insertions);
};
const forged = (...windows: readonly Uint8Array[]) => forge(seal(OLD), seal(NEW), windows);
const codeFor = async (...windows: readonly Uint8Array[]) => codeOf(apply(OLD, await forged(...windows)));

describe('a delta that is written by hand', () => {
  it('is applied when it is right', async () => {
    expect(await apply(OLD, await forged(windowWith({})))).toEqual(NEW);
  });

  it('may go on in another window', async () => {
    const windows = [
      windowOf(control(2, 0, 2), varints(1, 1), Uint8Array.of(1), NONE),
      windowOf(control(1, 2, 0), varints(1), NONE, Uint8Array.of(1, 2)),
      windowOf(control(2, 0, -5), varints(2), NONE, NONE),
    ];
    expect(await apply(OLD, await forged(...windows))).toEqual(NEW);
  });

  it.each<[string, Partial<typeof GOOD>]>([
    ['starts before the old image', { controls: concatBytes(control(3, 2, 2), control(2, 0, -6)) }],
    ['ends after the old image', { controls: concatBytes(control(3, 2, 6), control(2, 0, -5)) }],
    ['seeks as far as it can', { controls: control(3, 2, 2 ** 51) }],
    ['seeks as far back as it can', { controls: control(3, 2, -(2 ** 51)) }],
    ['adds 2^53-1 bytes', { controls: control(2 ** 53 - 1, 0, 2) }],
    ['inserts 2^53-1 bytes', { controls: control(3, 2 ** 53 - 1, 2) }],
    ['adds and inserts so much that the sum overflows', { controls: control(2 ** 53 - 1, 2 ** 53 - 1, 2) }],
    ['inserts more than the window holds', { controls: control(3, 3, 2) }],
    ['makes more than the new image', { controls: concatBytes(GOOD.controls, control(1, 0, 0)) }],
    [
      'inserts more than the new image',
      { controls: concatBytes(control(3, 2, 2), control(2, 1, -5)), insertions: Uint8Array.of(1, 2, 3) },
    ],
    ['makes nothing', { controls: concatBytes(control(0, 0, 0), GOOD.controls) }],
    ['has no controls', { controls: NONE }],
    ['has a control that is cut short', { controls: GOOD.controls.subarray(0, -1) }],
    [
      'has a control with too long a number',
      { controls: concatBytes(Uint8Array.of(0x83, 0), varints(2, 4)) },
    ],
    ['has too few runs', { runs: varints(1, 1, 1) }],
    ['has a run past its control', { runs: varints(4, 2), differences: NONE }],
    ['has differences past their control', { runs: varints(1, 3, 2), differences: Uint8Array.of(1, 0, 0) }],
    ['has an empty run of differences', { runs: varints(1, 0, 2, 2), differences: NONE }],
    ['has too few differences', { differences: NONE }],
    ['has runs that nothing uses', { runs: varints(1, 1, 1, 2, 0) }],
    ['has differences that nothing uses', { differences: Uint8Array.of(1, 1) }],
    ['has insertions that nothing uses', { insertions: Uint8Array.of(1, 2, 3) }],
  ])('is refused when it %s', async (_, streams) => {
    expect(await codeFor(windowWith(streams))).toBe('delta-invalid');
  });

  it('is refused when it ends before the new image does', async () => {
    expect(
      await codeFor(windowOf(control(3, 2, 2), varints(1, 1, 1), GOOD.differences, GOOD.insertions)),
    ).toBe('delta-invalid');
  });

  it('is refused when a window follows the new image', async () => {
    expect(await codeFor(windowWith({}), windowWith({}))).toBe('delta-invalid');
    expect(await codeFor(windowWith({}), Uint8Array.of(0))).toBe('delta-invalid');
  });

  it('is refused when a window is larger than the limit', async () => {
    const fresh = noise(PLAN.limit);
    const just = windowOf(control(0, fresh.length - 4, 0), NONE, NONE, fresh.subarray(4));
    const over = windowOf(control(0, fresh.length, 0), NONE, NONE, fresh);
    const codeOfWindow = async (window: Uint8Array, bytes: Uint8Array) =>
      codeOf(apply(OLD, await forge(seal(OLD), seal(bytes), [window])));
    expect(await codeOfWindow(just, fresh.subarray(4))).toBeUndefined();
    expect(await codeOfWindow(over, fresh)).toBe('delta-invalid');
  });

  it('is refused when it makes something else than it promises', async () => {
    expect(await codeFor(windowWith({ differences: Uint8Array.of(2) }))).toBe('digest-mismatch');
  });

  it('is refused when bytes follow its stream', async () => {
    const patch = await forged(windowWith({}));
    for (const tail of [1, 100_000]) {
      expect(await codeOf(apply(OLD, concatBytes(patch, new Uint8Array(tail))))).toBe('delta-invalid');
    }
  });

  it('is refused when it is cut anywhere', async () => {
    const patch = await forged(windowWith({}));
    for (let length = 0; length < patch.length; length++) {
      expect(await codeOf(apply(OLD, patch.subarray(0, length)))).toBe('delta-invalid');
    }
  });
});

describe('the window of the coder', () => {
  const brotli: CoderPlan = { coder: 'brotli', windowBits: 16, limit: 4096 };
  const body = windowWith({});
  const withBody = (plan: CoderPlan, coded: Uint8Array) =>
    apply(OLD, concatBytes(encodeHeader(plan, seal(OLD), seal(NEW)), coded));
  const brotliOf = (bits: number) =>
    brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_LGWIN]: bits } });

  it.each([10, 11, 12, 15, 16, 17, 18, 22, 24])(
    'of 2^%d bytes is held to the header by Brotli',
    async (bits) => {
      const coded = brotliOf(bits);
      expect(await withBody({ ...brotli, windowBits: bits }, coded)).toEqual(NEW);
      if (bits > 10) {
        expect(await codeOf(withBody({ ...brotli, windowBits: bits - 1 }, coded))).toBe('delta-invalid');
      }
    },
  );

  it('is not the large one that RFC 7932 does not have', async () => {
    const coded = brotliCompressSync(body, {
      params: { [constants.BROTLI_PARAM_LARGE_WINDOW]: 1, [constants.BROTLI_PARAM_LGWIN]: 26 },
    });
    expect(await codeOf(withBody({ ...brotli, windowBits: 24 }, coded))).toBe('delta-invalid');
  });

  it('is held to the header by DEFLATE, where that is more than a piece of output away', async () => {
    const half = noise(20_000);
    const fresh = concatBytes(half, half);
    const window = windowOf(control(0, half.length, 0), NONE, NONE, half);
    const coded = deflateRawSync(concatBytes(window, window), { windowBits: 15 });
    const withBits = (windowBits: number) => {
      const plan = { ...PLAN, windowBits, limit: 32_768 };
      return apply(OLD, concatBytes(encodeHeader(plan, seal(OLD), seal(fresh)), coded));
    };
    expect(await withBits(15)).toEqual(fresh);
    expect(await codeOf(withBits(9))).toBe('delta-invalid');
  });
});

describe('a decompression bomb', () => {
  it('costs no more than the image that its header declares', async () => {
    // 64 MiB of zeros where one window should be: its header says that it has no streams.
    const bomb = deflateRawSync(new Uint8Array(64 << 20));
    const patch = concatBytes(encodeHeader(PLAN, seal(OLD), seal(NEW)), bomb);
    let made = 0;
    const run = async () => {
      for await (const piece of applyDelta(memorySource(OLD), memorySource(patch))) made += piece.length;
    };
    expect(await codeOf(run())).toBe('delta-invalid');
    expect(made).toBe(0);
  });

  it('after the image is not decoded', async () => {
    const bomb = deflateRawSync(concatBytes(windowWith({}), new Uint8Array(64 << 20)));
    const patch = concatBytes(encodeHeader(PLAN, seal(OLD), seal(NEW)), bomb);
    expect(await codeOf(apply(OLD, patch))).toBe('delta-invalid');
  });
});

describe('a mutated delta', () => {
  const old = noise(20_000);
  const fresh = concatBytes(old.subarray(5000), noise(500, 9), old.subarray(0, 7000));
  for (let at = 0; at < fresh.length; at += 97) fresh[at] = (fresh[at] ?? 0) ^ 5;

  it.each([undefined, 16_384])('never makes another image (memory: %s)', async (memory) => {
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

  it('in its decoded body never makes another image', async () => {
    const body = windowWith({});
    for (let at = 0; at < body.length; at++) {
      for (const flip of [1, 0x80, 0xff]) {
        const mutated = Uint8Array.from(body);
        mutated[at] = (mutated[at] ?? 0) ^ flip;
        expect(await codeFor(mutated)).toMatch(/^(?:delta-invalid|digest-mismatch)$/);
      }
    }
  });
});
