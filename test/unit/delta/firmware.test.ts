import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/source.ts';
import { readDeltaHeader } from '../../../src/delta/format.ts';
import { hubFirmware } from '../../support/firmware.ts';
import { apply, make } from './support.ts';

describe('firmware of an STM32 hub', () => {
  const old = hubFirmware('old');
  const fresh = hubFirmware('new');

  it.each([
    // bsdiff takes 22,851 bytes; what is made here must not grow unnoticed.
    [undefined, 'lzma', 19_800],
    [65_536, 'lzma', 20_000],
    [32_768, 'lzma', 24_500],
  ])('in %s bytes of memory', async (memory, coder, most) => {
    const patch = await make(old, fresh, memory === undefined ? {} : { memory });
    expect(await apply(old, patch)).toEqual(fresh);
    expect(patch.length).toBeLessThan(most);
    const header = await readDeltaHeader(memorySource(patch));
    expect(header.coder).toBe(coder);
    expect(header.memory).toBeLessThanOrEqual(memory ?? 8 * 2 ** 20);
  });
});

it('two versions of a 12 MB program', async () => {
  const [old, fresh] = ['old', 'new'].map((which) =>
    readFileSync(
      fileURLToPath(new URL(`../../../node_modules/esbuild-wasm-${which}/esbuild.wasm`, import.meta.url)),
    ),
  );
  if (!old || !fresh) throw new Error('there are two versions');
  const patch = await make(old, fresh, { memory: 65_536 });
  expect(Buffer.compare(await apply(old, patch), fresh)).toBe(0);
  expect(patch.length).toBeLessThan(fresh.length / 4);
});

const corpus = process.env.OTA_CORPUS ?? '';
it.skipIf(!existsSync(`${corpus}/pairs/kernel-arm64`))(
  'a 33 MB kernel (set OTA_CORPUS to a corpus folder)',
  async () => {
    const [old, fresh] = ['old', 'new'].map((which) => readFileSync(`${corpus}/pairs/kernel-arm64/${which}`));
    if (!old || !fresh) throw new Error('there are two versions');
    const patch = await make(old, fresh);
    expect(Buffer.compare(await apply(old, patch), fresh)).toBe(0);
    // bsdiff: 2,659,027.
    expect(patch.length).toBeLessThan(2_200_000);
  },
  300_000,
);
