import { concatBytes } from '../../src/core/bytes.ts';
import { seal } from '../../src/core/digest.ts';
import type { Coding } from '../../src/delta/coder/coding.ts';
import { encode } from '../../src/delta/coder/encode.ts';
import { hubFirmware } from '../support/firmware.ts';
import { collect, control, forge, headerOf, noise, varints } from '../unit/delta/support.ts';
import type { Trial } from './applier.ts';

const THUMB_WORDS = 2;
const ARM64 = 3;
const X86 = 4;
const WORD32 = 5;
const RELATIVE32 = 7;
const INSERTED = 16;

const words = (...values: readonly number[]): Uint8Array =>
  new Uint8Array(Uint32Array.from(values, (value) => value >>> 0).buffer);

type Part = readonly [program: number, offset: number, length: number, memory: number, address: number];
/** The usual parts: all of the image, from address 0. */
const whole = (length: number): readonly Part[] => [[0, 0, length, length, 0]];

/** A delta that puts 16 bytes before code and adds nothing to what is predicted of it. */
async function predicted(
  kind: number,
  code: Uint8Array,
  { old = whole(64), fresh = whole(64 + INSERTED), labelBits = 4, dirty = new Uint8Array() } = {},
): Promise<Trial> {
  const image = new Uint8Array(64);
  image.set(code);
  const body = {
    prediction: varints(1, kind, 0, old.length, ...old.flat(), fresh.length, ...fresh.flat()),
    modes: varints(1, 1),
    controls: concatBytes(control(0, INSERTED, 0), control(64, 0, 0)),
    runs: varints(dirty.length, 64 - dirty.length),
    differences: dirty,
    insertions: new Uint8Array(INSERTED),
  };
  const promised = { length: 64 + INSERTED, sha256: '0'.repeat(64) };
  const patch = await forge(seal(image), promised, body, { steps: 2, blockBits: 6, labelBits });
  return { old: image, patch };
}

/** A section that ends inside a match of its LZMA stream. */
async function matchPastTheEnd(): Promise<Trial> {
  const coding: Coding = { coder: 'lzma', windowBits: 12, props: { lc: 0, lp: 0, pb: 0 } };
  const coded = await collect(encode([new Uint8Array(200)], coding, 200));
  const old = noise(10);
  const header = headerOf(seal(old), seal(new Uint8Array(150)), [
    { name: 'controls', coding: { coder: 'stored', windowBits: 0 }, length: 4, coded: 4 },
    { name: 'insertions', coding, length: 150, coded: coded.length },
  ]);
  return { old, patch: concatBytes(header, control(0, 150, 0), coded) };
}

/** Noise and firmware in turns, coded with LZMA2 in chunks of both kinds through a small window. */
async function chunksOfBothKinds(): Promise<Trial> {
  const firmware = hubFirmware('new');
  const fresh = concatBytes(
    noise(70_000),
    firmware.subarray(0, 150_000),
    noise(40_000, 3),
    firmware.subarray(90_000, 200_000),
  );
  const coding: Coding = { coder: 'lzma2', windowBits: 15, props: { lc: 1, lp: 1, pb: 2 } };
  const coded = await collect(encode([fresh], coding, fresh.length));
  const old = noise(10);
  const controls = control(0, fresh.length, 0);
  const header = headerOf(seal(old), seal(fresh), [
    {
      name: 'controls',
      coding: { coder: 'stored', windowBits: 0 },
      length: controls.length,
      coded: controls.length,
    },
    { name: 'insertions', coding, length: fresh.length, coded: coded.length },
  ]);
  return { old, patch: concatBytes(header, controls, coded) };
}

/** What implementations of the format are most likely to do otherwise, each in one delta. */
export const EDGES: readonly (readonly [string, () => Promise<Trial>])[] = [
  ['an LZMA match goes on after its section', matchPastTheEnd],
  ['LZMA2 has chunks of both kinds', chunksOfBothKinds],
  [
    // A call becomes one of 0x0f000043, whose last byte makes an escaped opcode of the next.
    'a predicted byte comes before an opcode',
    () =>
      predicted(X86, Uint8Array.of(0xe8, 35, 0, 0, 0, 0xa0, 5, 30, 0, 0, 0), {
        fresh: [
          [0, 0, 48, 48, 0],
          [0, 48, 32, 32, 0xf000030],
        ],
      }),
  ],
  [
    // The second ADRP leads out of the program: the first one counts for the load.
    'an ADRP that cannot be predicted does not set its register',
    () => predicted(ARM64, words(0x90000000, 0x90000000 | (1 << 23), 0xf9400000 | (4 << 10))),
  ],
  [
    'a load whose place is no multiple of its size',
    () =>
      predicted(ARM64, words(0x90000000, 0xf9400000 | (4 << 10), 0xf9400000 | (4 << 10)), {
        fresh: [[0, 0, 80, 80, 3]],
        dirty: Uint8Array.of(0, 0, 0, 0, 0, 4, 0, 0),
      }),
  ],
  [
    'a branch whose distance is no multiple of 4, backwards',
    () =>
      predicted(ARM64, words(0, 0, 0, 0x94000001), {
        fresh: [
          [0, 0, 24, 24, 0],
          [0, 24, 56, 56, 1],
        ],
      }),
  ],
  [
    'a 128-bit load of a size that does not exist',
    () => predicted(ARM64, words(0x90000000, 0x7dc00000 | (1 << 10))),
  ],
  [
    'a Thumb branch that cannot be predicted is no word',
    () =>
      predicted(THUMB_WORDS, words(0xd000f400), {
        old: [[0, 0, 64, 64, 0xd000f3f0]],
        fresh: [[0, 0, 80, 80, 0xd000f3f0]],
      }),
  ],
  [
    'a pointer whose lowest bit changes',
    () =>
      predicted(WORD32, words(0x11, 0x11, 0x10, 0x10), { dirty: Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 1) }),
  ],
  [
    // The first is learned to have moved down by 2,000; what the second points to would be below 0.
    'a shift that leads below 0',
    () =>
      predicted(RELATIVE32, words(3000, 900), {
        old: [[0, 0, 64, 4000, 0]],
        dirty: Uint8Array.of(0x30, 0xf8),
      }),
  ],
];
