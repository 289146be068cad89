import { seal } from '../../src/core/digest.ts';
import type { Coding } from '../../src/delta/coder/coding.ts';
import { SECTIONS } from '../../src/delta/format.ts';
import { mutate } from '../fuzz/mutate.ts';
import type { Random } from '../fuzz/random.ts';
import { type Body, forge, varints } from '../unit/delta/support.ts';
import type { Trial } from './applier.ts';

const KINDS = 7;
const CODINGS: readonly Coding[] = [
  { coder: 'stored', windowBits: 0 },
  { coder: 'lzma', windowBits: 12, props: { lc: 1, lp: 1, pb: 2 } },
  { coder: 'lzma2', windowBits: 12, props: { lc: 2, lp: 1, pb: 1 } },
  { coder: 'deflate', windowBits: 15 },
];

const between = (random: Random, least: number, most: number): number =>
  least + random.below(most - least + 1);
/** Mostly small, now and then up to `most`. */
const skewed = (random: Random, most: number): number => random.below(1 + random.below(1 + most));

/**
 * A delta with references of all kinds that no encoder has made: steps, differences, modes and parts at random over bytes that look like
 * code. It breaks no rule of the format, so both appliers must make the same bytes of it, if not those that it promises.
 * With `damaged`, something is wrong with one of its sections.
 */
export async function randomDelta(random: Random, damaged = false): Promise<Trial> {
  const old = code(random, between(random, 300, 6000));
  const steps = stepsOf(random, old.length);
  const added = steps.reduce((sum, { add }) => sum + add, 0);
  const inserted = steps.reduce((sum, { insert }) => sum + insert, 0);
  const runs = runsOf(random, added);
  const blockBits = between(random, 6, 9);
  const blocks = Math.ceil(added / 2 ** blockBits);
  const modes = between(random, 1, 2 * KINDS);
  const body: { -readonly [name in keyof Body]: Body[name] } = {
    prediction: parametersOf(random, modes, old.length, added + inserted),
    modes: runsOfModes(random, modes, blocks),
    controls: varints(
      ...steps.flatMap(({ add, insert, seek }) => [add, insert, seek < 0 ? -2 * seek - 1 : 2 * seek]),
    ),
    runs: varints(...runs),
    differences: differencesOf(
      random,
      runs.reduce((sum, run, index) => sum + (index % 2 === 0 ? run : 0), 0),
    ),
    insertions: code(random, inserted),
  };
  if (damaged) {
    const name = random.pick(SECTIONS.filter((section) => body[section]));
    body[name] = mutate([body[name] ?? new Uint8Array(1)], random, 8192);
  }
  const labelBits = random.pick([0, 1, 4, 10]);
  const fresh = { length: added + inserted, sha256: seal(old).sha256 };
  const coding = random.pick(CODINGS);
  return {
    old,
    patch: await forge(seal(old), fresh, body, { steps: steps.length, coding, blockBits, labelBits }),
  };
}

interface Step {
  readonly add: number;
  readonly insert: number;
  readonly seek: number;
}

function stepsOf(random: Random, oldLength: number): readonly Step[] {
  const steps: Step[] = [];
  let position = 0;
  for (let count = between(random, 1, 12); count > 0; count--) {
    const from = random.below(oldLength);
    const add = skewed(random, Math.min(2000, oldLength - from));
    steps.push({
      add,
      insert: add === 0 ? between(random, 1, 40) : skewed(random, 40),
      seek: from - position,
    });
    position = from + add;
  }
  return steps;
}

/** Dirty and clean runs that end where the added bytes do. */
function runsOf(random: Random, added: number): readonly number[] {
  const runs: number[] = [];
  for (let left = added; left > 0; ) {
    const dirty = Math.min(left, skewed(random, 300));
    const clean = Math.min(left - dirty, between(random, 1, 200));
    runs.push(dirty, clean);
    left -= dirty + clean;
  }
  return runs;
}

function runsOfModes(random: Random, modes: number, blocks: number): Uint8Array {
  const runs: number[] = [];
  for (let left = blocks; left > 0 && random.below(20) > 0; ) {
    const count = between(random, 1, left);
    runs.push(random.below(modes + 1), count);
    left -= count;
  }
  return varints(...runs);
}

function parametersOf(random: Random, modes: number, oldLength: number, newLength: number): Uint8Array {
  const base = random.pick([0, 0, 0x1000, 0x8000_0000, 2 ** 40]);
  const kinds = Array.from({ length: modes }, (_, mode) => [
    1 + ((mode * 3) % KINDS),
    random.pick([0, base]),
  ]);
  const address = random.pick([0, 0x100, 0x8000_0000, 2 ** 47, 3]);
  return varints(
    modes,
    ...kinds.flat(),
    ...partsOf(random, oldLength, address),
    ...partsOf(random, newLength, address + random.pick([0, 16, 0x1_0000, 1])),
  );
}

/** The parts of an image, now and then with gaps, overlaps, or more memory than bytes. */
function partsOf(random: Random, length: number, address: number): readonly number[] {
  const parts: number[][] = [];
  for (let at = 0; at < length; ) {
    const size = Math.min(length - at, between(random, 50, 3000));
    const memory = size + random.pick([0, 0, 500]);
    const program = random.pick([0, 0, 0, 1, 2 ** 32]);
    parts.push([
      program,
      at,
      random.below(8) === 0 ? 0 : size,
      memory,
      address + at + random.pick([0, 0, 0, 4096]),
    ]);
    at += size + random.pick([0, 0, 0, 7, -20]);
  }
  return [parts.length, ...parts.flat()];
}

/** Differences that leave most bytes as they were. */
const differencesOf = (random: Random, length: number): Uint8Array =>
  Uint8Array.from({ length }, () => (random.below(12) === 0 ? random.below(256) : 0));

/** Bytes in which references of each kind are frequent, and lead to places nearby. */
function code(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length + 16);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < length; ) at += instruction(random, view, at);
  return bytes.subarray(0, length);
}

function instruction(random: Random, view: DataView, at: number): number {
  const near = (): number => random.below(4000) - 2000;
  const register = random.below(3);
  const word = (value: number): number => {
    view.setUint32(at, value >>> 0, true);
    return 4;
  };
  const bytes = (...values: readonly number[]): number => {
    for (const [index, value] of values.entries()) view.setUint8(at + index, value);
    view.setInt32(at + values.length, near(), true);
    return values.length + 4;
  };
  switch (random.below(14)) {
    case 0: {
      const value = near() >> 1;
      const branch = 0xf000 | (((value >> 23) & 1) << 10) | ((value >> 11) & 0x3ff);
      return word(branch | ((random.pick([0xf800, 0xb800, 0xd000, 0xe800]) | (value & 0x7ff)) << 16));
    }
    case 1:
      return word(random.pick([0x94000000, 0x14000000]) | (near() & 0x3ffffff));
    case 2:
    case 3:
      return word(
        0x90000000 |
          (random.below(4) << 29) |
          (((random.below(4) * random.pick([1, 0x7ffff])) << 5) & 0xffffe0) |
          register,
      );
    case 4:
    case 5:
    case 6: {
      const opcode = random.pick([
        0x91000000, 0x91400000, 0xf9400000, 0xb9000000, 0x3dc00000, 0x39400000, 0x7d400000, 0xfd800000,
      ]);
      return word(
        opcode | (random.below(random.pick([64, 4096])) << 10) | (register << 5) | random.below(32),
      );
    }
    case 7:
      return bytes(random.pick([0xe8, 0xe9]));
    case 8:
      return bytes(0x0f, 0x80 + random.below(16));
    case 9:
      return bytes(random.below(256), 5 + 8 * random.below(8));
    case 10:
      return bytes(0x0f, random.below(256), 5 + 8 * random.below(8));
    case 11:
      return word(random.pick([0, 0x8000_0000, 0x1000]) + random.below(8000));
    case 12:
      return word(near());
    default:
      return word(random.below(2 ** 32));
  }
}
