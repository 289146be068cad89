import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, deflateRawSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { concatBytes, equalBytes, utf8 } from '../../../src/core/bytes.ts';
import { hubFirmware } from '../../support/firmware.ts';
import { installed } from '../../support/tools.ts';
import { apply, make, noise } from './support.ts';

/** Text with words that come again. */
const text = (words: number, seed: number): Uint8Array => {
  const picks = noise(words, seed);
  return utf8(Array.from(picks, (pick, at) => `word${pick % 97}${at % 13 === 0 ? '\n' : ' '}`).join(''));
};
const edited = (bytes: Uint8Array, every: number): Uint8Array =>
  bytes.map((byte, at) => (at % every === every - 1 ? byte ^ 0x55 : byte));
const packed = (bytes: Uint8Array): Uint8Array => brotliCompressSync(bytes);

const firmware = hubFirmware('new');
const a = noise(120_000, 5);
const b = noise(120_000, 7);

/** Pairs that are hard in one way each. */
const PAIRS: Readonly<Record<string, () => readonly [Uint8Array, Uint8Array]>> = {
  'nothing to nothing': () => [new Uint8Array(0), new Uint8Array(0)],
  'something to nothing': () => [a, new Uint8Array(0)],
  'nothing to text': () => [new Uint8Array(0), text(9000, 3)],
  'one byte': () => [a, Uint8Array.of(1)],
  'the same noise': () => [a, a],
  'other noise': () => [a, b],
  'noise with changes': () => [a, edited(a, 3001)],
  'shifted noise': () => [a, concatBytes(Uint8Array.of(7), a.subarray(0, 60_000), a.subarray(60_001))],
  'truncated noise': () => [a, a.subarray(0, 77_777)],
  'the end of noise': () => [a, a.subarray(77_777)],
  'the same noise twice': () => [a, concatBytes(b, b)],
  'noise with a few words of text': () => [a, concatBytes(b, text(300, 9), noise(90_000, 11))],
  'noise with firmware in it': () => [a, concatBytes(b, firmware.subarray(0, 40_000), noise(90_000, 11))],
  'noise of which one part in a hundred has structure': () => [
    a,
    b.map((byte, at) => (at % 6400 < 64 ? at & 15 : byte)),
  ],
  zeros: () => [a, new Uint8Array(150_000)],
  'text with changes': () => [text(20_000, 3), edited(text(20_000, 3), 5003)],
  'other text': () => [text(20_000, 3), text(20_000, 5)],
  'packed text with a change': () => [packed(text(30_000, 3)), packed(edited(text(30_000, 3), 14_000))],
  'packed firmware, each otherwise': () => [deflateRawSync(firmware), packed(firmware)],
  'gzip with another level': () => [
    gzipSync(text(30_000, 3), { level: 1 }),
    gzipSync(text(30_000, 3), { level: 9 }),
  ],
  'firmware of two releases': () => [hubFirmware('old', 'movehub'), hubFirmware('new', 'movehub')],
};

/** A header of ours has two digests, lengths and a table. */
const HEADER = 140;
/**
 * What it may be larger by than the best other delta. Text and noise with single words in it take up to a twentieth more: other tools find
 * short matches in the old image and code noise bit by bit.
 */
const MORE = 1.045;
const EDGE = 170;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ota-sizes-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Bytes of what each tool makes of the pair, without unpacking as we do it. */
function others(old: Uint8Array, fresh: Uint8Array): readonly number[] {
  writeFileSync(join(folder, 'old'), old);
  writeFileSync(join(folder, 'new'), fresh);
  const by = (tool: string, ...args: readonly string[]): number => {
    execFileSync(tool, args, { cwd: folder, stdio: 'ignore' });
    return readFileSync(join(folder, 'delta')).length;
  };
  return [
    // It refuses an image of no bytes.
    ...(old.length > 0 ? [by('bsdiff', 'old', 'new', 'delta')] : []),
    by('xdelta3', '-9', '-D', '-S', 'lzma', '-f', '-e', '-s', 'old', 'new', 'delta'),
    by('zstd', '-q', '-f', '-19', '--patch-from=old', 'new', '-o', 'delta'),
  ];
}

describe('a delta', () => {
  const tools = installed('bsdiff', 'xdelta3', 'zstd');
  it.each(Object.entries(PAIRS))('of %s is not larger than what others make', async (_, pair) => {
    const [old, fresh] = pair();
    const delta = await make(old, fresh);
    expect(equalBytes(await apply(old, delta), fresh)).toBe(true);
    expect(delta.length).toBeLessThanOrEqual(fresh.length + HEADER);
    if (!tools || fresh.length === 0) return;
    const sizes = others(old, fresh);
    expect(delta.length, sizes.join(', ')).toBeLessThanOrEqual(Math.min(...sizes) * MORE + EDGE);
  });
});
