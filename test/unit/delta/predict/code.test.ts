import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../../src/core/bytes.ts';
import { seal } from '../../../../src/core/digest.ts';
import { OtaError } from '../../../../src/core/errors.ts';
import { memorySource } from '../../../../src/core/source.ts';
import { readDeltaHeader } from '../../../../src/delta/format.ts';
import { hubFirmware } from '../../../support/firmware.ts';
import { apply, type Body, codeOf, control, forge, make, noise, varints } from '../support.ts';

const FUNCTIONS = 64;
const LENGTH = 960;

/**
 * Code of AArch64: functions in which every fourth instruction calls another. After function `n` are as many words of
 * zeros as `more` says.
 */
function program(more: (n: number) => number): Uint8Array {
  const starts: number[] = [];
  let length = 0;
  for (let n = 0; n < FUNCTIONS; n++) {
    starts.push(length);
    length += LENGTH + 4 * more(n);
  }
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  for (const [n, start] of starts.entries()) {
    bytes.set(noise(LENGTH, n + 1), start);
    for (let at = start; at < start + LENGTH; at += 16) {
      const callee = starts[(n * 31 + at - start) % FUNCTIONS] ?? 0;
      view.setUint32(at, 0x94000000 | (((callee - at) / 4) & 0x3ffffff), true);
    }
  }
  return bytes;
}

const OLD = program(() => 0);
const NEW = program((n) => (n * 7) % 16);

describe('predicted references', () => {
  it('make a delta much smaller, and the same image', async () => {
    const patch = await make(OLD, NEW);
    const plain = await make(OLD, NEW, { predict: false });
    expect(await apply(OLD, patch)).toEqual(NEW);
    expect(await apply(OLD, plain)).toEqual(NEW);
    expect(patch.length).toBeLessThan(plain.length - 500);
    const header = await readDeltaHeader(memorySource(patch));
    expect(header.blockBits).toBe(10);
    expect((await readDeltaHeader(memorySource(plain))).blockBits).toBe(0);
  });

  it('never make it larger', async () => {
    const [old, fresh] = [noise(50_000), noise(50_000).map((byte, at) => (at % 50 === 0 ? byte ^ 1 : byte))];
    const patch = await make(old, fresh);
    expect(patch.length).toBeLessThanOrEqual((await make(old, fresh, { predict: false })).length);
  });

  it.each([undefined, 65_536, 40_000])('work on firmware in %s bytes of memory', async (memory) => {
    const [old, fresh] = [hubFirmware('old'), hubFirmware('new')];
    const options = memory === undefined ? {} : { memory };
    const patch = await make(old, fresh, options);
    expect(Buffer.compare(await apply(old, patch), fresh)).toBe(0);
    // HDiffPatch with LZMA takes 20,044 bytes.
    expect(patch.length).toBeLessThan(memory === 40_000 ? 20_000 : 9500);
    expect((await readDeltaHeader(memorySource(patch))).memory).toBeLessThanOrEqual(memory ?? 2 ** 22);
  });

  it('have the same bytes each time', async () => {
    expect(await make(OLD, NEW)).toEqual(await make(OLD, NEW));
  });

  it('of a mutated delta never make another image', async () => {
    const patch = await make(OLD, NEW);
    await fc.assert(
      fc.asyncProperty(fc.nat(patch.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const mutated = Uint8Array.from(patch);
        mutated[at] = (mutated[at] ?? 0) ^ flip;
        try {
          expect(await apply(OLD, mutated)).toEqual(NEW);
        } catch (error) {
          if (!(error instanceof OtaError)) throw error;
          expect(['delta-invalid', 'delta-wrong-base', 'digest-mismatch']).toContain(error.code);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('a prediction that is written by hand', () => {
  const old = Uint8Array.of(...new Array(64).fill(9), 0x10, 0, 0, 0, 0x20, 0, 0, 0);
  // 16 bytes are inserted at the start: pointers to 0x10 and 0x20 become 0x20 and 0x30.
  const fresh = Uint8Array.of(
    ...new Array(16).fill(1),
    ...new Array(64).fill(9),
    0x20,
    0,
    0,
    0,
    0x30,
    0,
    0,
    0,
  );
  const part = [0, 0, 72, 72, 0];
  const good: Body = {
    prediction: varints(1, 5, 0, 1, ...part, 1, 0, 0, 88, 88, 0),
    modes: varints(1, 2),
    controls: concatBytes(control(0, 16, 0), control(72, 0, 0)),
    runs: varints(0, 72),
    insertions: new Uint8Array(16).fill(1),
  };
  const bits = { blockBits: 6, labelBits: 4 };
  const applied = async (body: Body, options = bits) =>
    apply(old, await forge(seal(old), seal(fresh), { ...good, ...body }, { steps: 2, ...options }));

  it('is applied when it is right', async () => {
    expect(await applied({})).toEqual(fresh);
    expect(await applied({ modes: varints(0, 1, 1, 1) })).toEqual(fresh);
  });

  it.each<[string, Body, typeof bits?]>([
    ['has an unknown mode', { modes: varints(2, 2) }],
    ['has a run of no blocks', { modes: varints(1, 0, 1, 2) }],
    ['has modes for more blocks than there are', { modes: varints(1, 3) }],
    ['has half a run', { modes: varints(1) }],
    ['predicts from nothing', { prediction: new Uint8Array() }],
    ['has damaged parameters', { prediction: varints(1, 5) }],
    ['has blocks that are too small', {}, { blockBits: 5, labelBits: 4 }],
    ['has blocks that are too large', {}, { blockBits: 17, labelBits: 4 }],
    ['has too large a table', {}, { blockBits: 6, labelBits: 21 }],
    ['has a control out of the old image', { controls: concatBytes(control(0, 16, 0), control(73, 0, 0)) }],
  ])('is refused when it %s', async (_, body, options) => {
    expect(await codeOf(applied(body, options))).toBe('delta-invalid');
  });

  it('that is wrong makes nothing that passes for the image', async () => {
    expect(await codeOf(applied({ modes: varints(1, 1) }))).toBe('digest-mismatch');
  });
});
