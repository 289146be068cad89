import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/core/bytes.ts';
import { seal } from '../../src/core/digest.ts';
import type { Coding } from '../../src/delta/coder/coding.ts';
import { mutate } from '../fuzz/mutate.ts';
import { Random } from '../fuzz/random.ts';
import { hubFirmware } from '../support/firmware.ts';
import { installed } from '../support/tools.ts';
import { control, forge, make, noise, varints } from '../unit/delta/support.ts';
import { buildBatch, compare, type Trial } from './applier.ts';
import { EDGES } from './edges.ts';
import { randomDelta } from './random-delta.ts';

const BROTLI = '/usr/include/brotli/decode.h';
const CODINGS: readonly Coding[] = [
  { coder: 'stored', windowBits: 0 },
  { coder: 'deflate', windowBits: 15 },
  { coder: 'lzma', windowBits: 12, props: { lc: 3, lp: 1, pb: 2 } },
  { coder: 'lzma', windowBits: 13, props: { lc: 0, lp: 4, pb: 4 } },
  { coder: 'lzma2', windowBits: 12, props: { lc: 3, lp: 1, pb: 2 } },
  { coder: 'brotli', windowBits: 18 },
];

describe.skipIf(!installed('cc', BROTLI))('the applier for devices', () => {
  const batch = buildBatch('-DOTAD_BROTLI=1');

  /** A small delta with everything in it but prediction. */
  const forged = async (coding: Coding): Promise<Trial> => {
    const old = noise(5000);
    const fresh = concatBytes(old.subarray(1000, 4000), noise(3000, 3), old.subarray(0, 900));
    fresh[7] = (fresh[7] ?? 0) ^ 1;
    const body = {
      controls: concatBytes(control(3000, 3000, 1000), control(900, 0, -4000)),
      runs: varints(0, 7, 1, 3892),
      differences: Uint8Array.of((fresh[7] ?? 0) - (old[1007] ?? 0)),
      insertions: noise(3000, 3),
    };
    return { old, patch: await forge(seal(old), seal(fresh), body, { steps: 2, coding }) };
  };

  it('makes the same image of firmware, whatever the memory', async () => {
    const trials: Trial[] = [];
    for (const [hub, memory] of [['primehub'], ['movehub', 65_536], ['movehub', 40_000]] as const) {
      const [old, fresh] = [hubFirmware('old', hub), hubFirmware('new', hub)];
      trials.push({ old, patch: await make(old, fresh, memory === undefined ? {} : { memory }) });
    }
    expect(await compare(batch, trials)).toEqual({ codes: { ok: 3 }, different: [] });
  });

  it('reads all coders', async () => {
    const trials = await Promise.all(CODINGS.map(forged));
    expect(await compare(batch, trials)).toEqual({ codes: { ok: CODINGS.length }, different: [] });
  });

  it('makes the same image of any pair', async () => {
    const piece = fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.nat(2000), fc.nat(2000))
      .map(([seed, from, length]) => noise(4000, seed).subarray(from, from + length));
    const image = fc.array(piece, { maxLength: 6 }).map((pieces) => concatBytes(...pieces));
    const pairs = fc.sample(fc.tuple(image, image), { numRuns: 60, seed: 5 });
    const trials: Trial[] = [];
    for (const [old, fresh] of pairs) {
      const memory = trials.length % 2 === 0 ? {} : { memory: 24_576 };
      trials.push({ old, patch: await make(old, fresh, memory) });
    }
    expect(await compare(batch, trials)).toEqual({ codes: { ok: pairs.length }, different: [] });
  });

  it.each(EDGES)('does the same where %s', async (_, trial) => {
    expect((await compare(batch, [await trial()])).different).toEqual([]);
  });

  it('predicts the same references of every kind', async () => {
    const random = new Random(3);
    const trials: Trial[] = [];
    while (trials.length < 150) trials.push(await randomDelta(random));
    const { codes, different } = await compare(batch, trials);
    expect(different).toEqual([]);
    expect(codes['digest-mismatch']).toBeGreaterThan(140);
  });

  it('refuses what the tool refuses, with the same code', async () => {
    const random = new Random(4);
    const corpus = await Promise.all(CODINGS.map(forged));
    const trials: Trial[] = [{ old: noise(5001), patch: corpus[0]?.patch ?? new Uint8Array() }];
    while (trials.length < 1200) {
      const { old, patch } = random.pick(corpus);
      trials.push({ old, patch: mutate([patch], random, 65_536) });
      if (trials.length % 8 === 0) trials.push(await randomDelta(random, true));
    }
    const { codes, different } = await compare(batch, trials);
    expect(different).toEqual([]);
    expect(codes).toMatchObject({
      'delta-invalid': expect.any(Number),
      'delta-wrong-base': expect.any(Number),
      'digest-mismatch': expect.any(Number),
    });
  });
});
