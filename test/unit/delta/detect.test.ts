import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes.ts';
import { memorySource } from '../../../src/core/source.ts';
import { findBase } from '../../../src/delta/detect/base.ts';
import { findPrediction } from '../../../src/delta/detect/detect.ts';
import { findPrograms, readElf } from '../../../src/delta/detect/elf.ts';
import { match } from '../../../src/delta/match/match.ts';
import { mapOfSteps } from '../../../src/delta/predict/map-of-steps.ts';
import { apply, make, noise } from './support.ts';

const ADDRESS = 0x400000;
const TEXT = 0x1000;

interface ElfOptions {
  readonly machine?: number;
  readonly length?: number;
  readonly memory?: number;
}

/** An ELF file of 64 bits whose only part in memory is all of it, with code from 0x1000 on. */
function elf(code: Uint8Array, { machine = 62, length, memory }: ElfOptions = {}): Uint8Array {
  const bytes = new Uint8Array(TEXT + code.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(18, machine, true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true);
  view.setBigUint64(64 + 16, BigInt(ADDRESS), true);
  view.setBigUint64(64 + 32, BigInt(length ?? bytes.length), true);
  view.setBigUint64(64 + 40, BigInt(memory ?? bytes.length + 100), true);
  bytes.set(code, TEXT);
  return bytes;
}

/** x86-64 code with a call in every 16 bytes to one of 64 functions; after function `n` are `more(n)` bytes of zeros. */
function code(more: (n: number) => number): Uint8Array {
  const starts = [0];
  for (let n = 0; n < 64; n++) starts.push((starts[n] ?? 0) + 960 + more(n));
  const bytes = new Uint8Array(starts[64] ?? 0);
  const view = new DataView(bytes.buffer);
  for (const [n, start] of starts.slice(0, 64).entries()) {
    bytes.set(noise(960, n + 1), start);
    for (let at = start; at < start + 960; at += 16) {
      bytes[at] = 0xe8;
      view.setInt32(at + 1, (starts[(n * 31 + at - start) % 64] ?? 0) - (at + 5), true);
    }
  }
  return bytes;
}

describe('an ELF program', () => {
  const file = elf(noise(500));

  it('says where it is in memory', () => {
    expect(readElf(file, 0)).toEqual({
      offset: 0,
      end: file.length,
      parts: [{ offset: 0, length: file.length, memory: file.length + 100, address: ADDRESS }],
      kinds: ['x86-64', 'word64', 'relative32'],
    });
  });

  it('is found wherever a block of an image starts', () => {
    const image = concatBytes(noise(8192), file, new Uint8Array(5120 - (file.length % 1024)), file);
    const found = findPrograms(image).map(({ offset }) => offset);
    expect(found).toEqual([8192, image.length - file.length]);
  });

  it.each([
    ['of another machine', elf(noise(500), { machine: 3 })],
    ['whose part ends behind the file', elf(noise(500), { length: 10_000, memory: 10_000 })],
    ['whose part is larger than in memory', elf(noise(500), { memory: 10 })],
    ['that is cut short', file.subarray(0, 100)],
    ['of nothing', new Uint8Array(64)],
  ])('%s is none', (_, bytes) => {
    expect(findPrograms(bytes)).toEqual([]);
  });
});

describe('references in programs', () => {
  const [old, fresh] = [elf(code(() => 0)), elf(code((n) => (n * 7) % 61))];

  it.each([
    ['alone', old, fresh],
    [
      'inside a larger image',
      concatBytes(noise(4096), old, new Uint8Array(3000)),
      concatBytes(noise(4096), fresh, new Uint8Array(3000)),
    ],
  ])('are predicted %s', async (_, from, to) => {
    const matched = { old: memorySource(from), fresh: memorySource(to) };
    const steps = await match(matched.old, matched.fresh);
    const prediction = await findPrediction({ ...matched, steps });
    expect(prediction?.modes.map(({ kind }) => kind)).toEqual(['x86-64', 'word64', 'relative32']);
    expect(prediction?.old).toHaveLength(1);
    const patch = await make(from, to);
    expect(await apply(from, patch)).toEqual(to);
    expect(patch.length).toBeLessThan((await make(from, to, { predict: false })).length - 300);
  });

  it('are not looked for where nothing differs', async () => {
    const matched = { old: memorySource(old), fresh: memorySource(old) };
    const steps = await match(matched.old, matched.fresh);
    expect(await findPrediction({ ...matched, steps })).toBeUndefined();
  });
});

describe('the address of an image', () => {
  const BASE = 0x0800_8000;

  /** 40,000 bytes with `inserted` new ones before every 10,000, then 500 pointers of `width` bytes into them. */
  function image(width: 4 | 8, inserted: number): Uint8Array {
    const body = noise(40_000);
    const quarters = [0, 1, 2, 3].map((n) => body.subarray(10_000 * n, 10_000 * (n + 1)));
    const pointers = new Uint8Array(500 * width);
    const view = new DataView(pointers.buffer);
    for (let n = 0; n < 500; n++) {
      const target = (n * 7919) % 40_000;
      view.setUint32(n * width, BASE + target + inserted * (1 + Math.floor(target / 10_000)), true);
    }
    return concatBytes(...quarters.flatMap((quarter, n) => [noise(inserted, n + 50), quarter]), pointers);
  }

  it.each([4, 8] as const)('is found from pointers of %d bytes', async (width) => {
    const [old, fresh] = [image(width, 0), image(width, 64)];
    const steps = await match(memorySource(old), memorySource(fresh));
    const base = findBase(old, fresh, steps, mapOfSteps(steps), width);
    expect(base?.address).toBe(BASE);
    expect(base?.explained).toBeGreaterThan(200);
  });

  it('is not found where there are no pointers', async () => {
    const old = noise(40_000);
    const fresh = old.map((byte, at) => (at % 40 === 0 ? byte ^ 1 : byte));
    const steps = await match(memorySource(old), memorySource(fresh));
    expect(findBase(old, fresh, steps, mapOfSteps(steps), 4)).toBeUndefined();
  });
});
