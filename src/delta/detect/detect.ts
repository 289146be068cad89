import { type ByteSource, chunks } from '../../core/source.ts';
import type { Steps } from '../match/steps.ts';
import type { Kind, Mode } from '../predict/kinds.ts';
import type { Part } from '../predict/layout.ts';
import { mapOfSteps } from '../predict/map-of-steps.ts';
import type { MatchMap } from '../predict/match-map.ts';
import type { Prediction } from '../predict/prediction.ts';
import type { Matched } from '../write/delta.ts';
import { findBase } from './base.ts';
import { findPrograms, type Program } from './elf.ts';

/** Static memory of a Cortex-M (Armv7-M Architecture Reference Manual, B3.1); 1 MiB of it holds any variable. */
const SRAM = { address: 0x2000_0000, memory: 2 ** 20 } as const;
/** Images of microcontrollers are smaller; larger ones are not searched for Thumb code. */
const MICROCONTROLLER = 16 * 2 ** 20;

/** Larger images are not searched: they would have to be in memory. */
const MOST = 96 * 2 ** 20;

/** By what the references of two images can be predicted; `undefined` where nothing differs or they are too large. */
export async function findPrediction({ old, fresh, steps }: Matched): Promise<Prediction | undefined> {
  if (Math.max(old.length, fresh.length) > MOST || old.length === 0) return undefined;
  const from = await readWhole(old);
  const to = await readWhole(fresh);
  const touched = touchedBytes(from, to, steps);
  if (touched.all === 0) return undefined;
  const programs = findPrograms(from);
  const changed = programs.filter(({ offset, end }) => touched.within(offset, end) > 0);
  const covered = changed.reduce((sum, { offset, end }) => sum + touched.within(offset, end), 0);
  if (2 * covered >= touched.all) {
    return inPrograms(
      changed,
      findPrograms(to).filter(({ offset, end }) => touched.reached(offset, end)),
    );
  }
  return inImage(from, to, steps, mapOfSteps(steps));
}

async function readWhole(source: ByteSource): Promise<Uint8Array> {
  const bytes = new Uint8Array(source.length);
  let at = 0;
  for await (const piece of chunks(source)) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function inPrograms(old: readonly Program[], fresh: readonly Program[]): Prediction {
  const kinds = new Set<Kind>(old.flatMap(({ kinds }) => kinds));
  const parts = (list: readonly Program[]): Part[] =>
    list.flatMap((program, index) => program.parts.map((part) => ({ program: index, ...part })));
  return {
    modes: [...kinds].map((kind) => ({ kind, base: 0 })),
    old: parts(old),
    new: parts(fresh),
  };
}

function inImage(old: Uint8Array, fresh: Uint8Array, steps: Steps, map: MatchMap): Prediction {
  const words = findBase(old, fresh, steps, map, 4);
  const doubles = findBase(old, fresh, steps, map, 8);
  const small = old.length < MICROCONTROLLER;
  const narrow = words?.address;
  // The lower halves of addresses of 8 bytes look like addresses of 4.
  const wide = doubles && 4 * doubles.explained > (words?.explained ?? 0) ? doubles.address : undefined;
  const address = Math.max(narrow ?? 0, wide ?? 0);
  const modes: Mode[] = [
    ...(small ? [{ kind: 'thumb', base: 0 } as const] : []),
    ...(small && narrow !== undefined ? [{ kind: 'thumb-words', base: address - narrow } as const] : []),
    { kind: 'arm64', base: 0 },
    { kind: 'x86-64', base: 0 },
    { kind: 'relative32', base: 0 },
    { kind: 'word32', base: address },
    ...(narrow === undefined ? [] : [{ kind: 'word32', base: address - narrow } as const]),
    ...(wide === undefined ? [] : [{ kind: 'word64', base: 0 } as const]),
  ];
  const flash = small && address > 0 && address < SRAM.address;
  const sram: readonly Part[] = flash ? [{ program: 0, offset: 0, length: 0, ...SRAM }] : [];
  // Behind an image that runs in memory are variables that start as zeros.
  const part = ({ length }: Uint8Array): Part => ({
    program: 0,
    offset: 0,
    length,
    memory: flash ? length : 2 * length,
    address,
  });
  return { modes, old: [part(old), ...sram], new: [part(fresh)] };
}

const SIZE = 4096;

/** Blocks of the old image that differ from what they pair with, and blocks of the new one that do. */
function touchedBytes(old: Uint8Array, fresh: Uint8Array, steps: Steps) {
  const blocks = new Uint8Array(Math.ceil(old.length / SIZE));
  const paired = new Uint8Array(Math.ceil(fresh.length / SIZE) + 1);
  const from = Buffer.from(old.buffer, old.byteOffset, old.length);
  let newAt = 0;
  for (let step = 0; step < steps.count; step++) {
    const shift = newAt - steps.oldAt(step);
    const end = steps.oldAt(step) + steps.add(step);
    for (let at = steps.oldAt(step); at < end; ) {
      const to = Math.min(end, (Math.floor(at / SIZE) + 1) * SIZE);
      if (from.compare(fresh, at + shift, to + shift, at, to) !== 0) {
        blocks[Math.floor(at / SIZE)] = 1;
        paired.fill(1, Math.floor((at + shift) / SIZE), Math.floor((to + shift - 1) / SIZE) + 1);
      }
      at = to;
    }
    newAt += steps.add(step) + steps.insert(step);
  }
  const part = (of: Uint8Array, start: number, end: number) =>
    of.subarray(Math.floor(start / SIZE), Math.ceil(end / SIZE));
  const within = (start: number, end: number) =>
    part(blocks, start, end).reduce((sum, block) => sum + block, 0);
  const reached = (start: number, end: number) => part(paired, start, end).includes(1);
  return { all: within(0, old.length), within, reached };
}
