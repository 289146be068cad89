import { describe, expect, it } from 'vitest';
import type { Coding } from '../../../src/delta/coder/coding.ts';
import { chooseCoding, MODELS } from '../../../src/delta/write/models.ts';
import { Spool } from '../../../src/delta/write/spool.ts';
import { hubFirmware } from '../../support/firmware.ts';
import { noise } from './support.ts';

const [first, ...more] = MODELS.map((props): Coding => ({ coder: 'lzma', windowBits: 16, props }));
const choose = (bytes: Uint8Array) => {
  const spool = new Spool();
  spool.append(bytes);
  return chooseCoding('insertions', spool, [first as Coding, ...more]);
};

describe('the model of a long section', () => {
  it('fits what the section holds: words of four for Thumb code, none for numbers without structure', async () => {
    const old = hubFirmware('old');
    expect((await choose(old))?.props?.pb).toBeGreaterThan(0);
    const skewed = noise(300_000, 1).map((byte) => byte & (byte >> 3) & 0x55);
    expect((await choose(skewed))?.props).toEqual({ lc: 0, lp: 0, pb: 0 });
  });

  it('is none for bytes that are compressed already', async () => {
    expect(await choose(noise(300_000, 1))).toBeUndefined();
  });

  it('is judged by all parts of it', async () => {
    const half = new Uint8Array(600_000);
    half.set(noise(300_000, 1), 300_000);
    expect(await choose(half)).toBeDefined();
  });
});
