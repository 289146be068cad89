import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../../src/core/bytes.ts';
import type { Kind } from '../../../../src/delta/predict/kinds.ts';
import type { Part } from '../../../../src/delta/predict/layout.ts';
import { MatchMap } from '../../../../src/delta/predict/match-map.ts';
import { Predictor } from '../../../../src/delta/predict/predictor.ts';

const BASE = 0x10000;
const part = (address: number): Part => ({ program: 0, offset: 0, length: 0x8000, memory: 0x9000, address });

/**
 * Old bytes up to 0x1000 stay, those from there on are 0x20 further on in the new image. Both images are at BASE, or
 * at `address`.
 */
const predictor = (kind: Kind, base = 0, address = BASE) =>
  new Predictor(
    { modes: [{ kind, base }], old: [part(address)], new: [part(address)] },
    new MatchMap(Float64Array.of(0, 0x1000), Float64Array.of(0x1000, 0x7000), Float64Array.of(0, 0x1020)),
    { blockBits: 10, labelBits: 8 },
  );

const bytesOf = (hex: string) => fromHex(hex.replaceAll(' ', '')) ?? new Uint8Array();

/** What becomes of old bytes at 0x100, which stay where they are. */
function predicted(kind: Kind, hex: string, base?: number): string {
  const bytes = bytesOf(hex);
  predictor(kind, base).predict(bytes, 1, 0x100, 0x100);
  return toHex(bytes);
}

// Assembled by hand from the manuals; every one refers to what is at 0x1100, and so to 0x1120 afterwards.
describe('references to what has moved by 32 bytes', () => {
  it.each<[string, Kind, string, string, number?]>([
    ['BL of Thumb', 'thumb', '00f0 feff', '01f0 0ef8'],
    ['BL of AArch64', 'arm64', '00040094', '08040094'],
    ['B of AArch64', 'arm64', '00040014', '08040014'],
    ['CALL', 'x86-64', 'e8fb0f0000', 'e81b100000'],
    ['JMP', 'x86-64', '90e9fa0f0000', '90e91a100000'],
    ['JNE', 'x86-64', '0f85fa0f0000', '0f851a100000'],
    ['LEA from RIP', 'x86-64', '488d05f90f0000', '488d0519100000'],
    ['MOV of an immediate to RIP', 'x86-64', 'c705f60f000001000000', 'c7051610000001000000'],
    ['a word', 'word32', '00110100', '20110100', 0],
    ['an odd word', 'word32', '01110100', '21110100', 0],
    ['a word from another base', 'word32', '00110000', '20110000', BASE],
    ['a double word', 'word64', '0011010000000000', '2011010000000000'],
    ['a distance', 'relative32', '00100000', '20100000'],
    ['a word in Thumb code', 'thumb-words', '00bf00bf 00110100', '00bf00bf20110100', 0],
  ])('%s', (_, kind, from, to, base) => {
    expect(predicted(kind, from, base)).toBe(to.replaceAll(' ', ''));
  });

  it('ADRP with ADD and a load, over the end of a page', () => {
    // adrp x0, 0x1000 from 0x100; add x0, x0, #0xff0 and ldr x1, [x0, #0xff8]: 0x1ff0 and 0x1ff8 become 0x2010 and 0x2018.
    expect(predicted('arm64', '000000b0 00c03f91 01fc47f9')).toBe('000000d0' + '00400091' + '010c40f9');
  });
});

describe('what is no reference stays', () => {
  it.each<[Kind, string]>([
    ['thumb', '00bf00bf7047'],
    ['arm64', '1f2003d5c0035fd6'],
    ['x86-64', 'e8ffffff7f90'],
    ['word32', '0000000000000f0000000200'],
    ['word64', '00000000000000000011010001000000'],
    ['relative32', '0000000000000080'],
  ])('%s', (kind, hex) => {
    expect(predicted(kind, hex)).toBe(hex);
  });

  it('in a part of an image that is nowhere in memory', () => {
    const bytes = bytesOf('00110100');
    predictor('word32').predict(bytes, 1, 0x8000, 0x100);
    expect(toHex(bytes)).toBe('00110100');
  });

  it('without a mode', () => {
    const bytes = bytesOf('00110100');
    predictor('word32').predict(bytes, 0, 0x100, 0x100);
    expect(toHex(bytes)).toBe('00110100');
  });
});

describe('a target that was not where it was thought to be', () => {
  const truthOf = (hex: string) => {
    const bytes = bytesOf(hex);
    return { byte: (at: number) => bytes[at] ?? 0 };
  };

  it('is found by the next reference, whichever kind it has', () => {
    const of = predictor('word32');
    of.predict(bytesOf('00110100'), 1, 0x100, 0x100, truthOf('40110100'));
    const next = bytesOf('00110100');
    of.predict(next, 1, 0x200, 0x200);
    expect(toHex(next)).toBe('40110100');
  });

  it('is not learned where no one says what it is', () => {
    const of = predictor('word32');
    of.predict(bytesOf('00110100'), 1, 0x100, 0x100);
    const next = bytesOf('00110100');
    of.predict(next, 1, 0x200, 0x200);
    expect(toHex(next)).toBe('20110100');
  });

  it('moves what is in no file on the same page', () => {
    const of = predictor('word32');
    of.predict(bytesOf('10800100'), 1, 0x100, 0x100, truthOf('18800100'));
    const next = bytesOf('20800100');
    of.predict(next, 1, 0x200, 0x200);
    expect(toHex(next)).toBe('28800100');
  });
});
