import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { concatBytes, utf8 } from '../../../../src/core/bytes.ts';
import { seal } from '../../../../src/core/digest.ts';
import { deflateParams, RAW, ZLIB, zlib } from '../../../../src/delta/contain/codecs/zlib.ts';
import { zstd154, zstdParams } from '../../../../src/delta/contain/codecs/zstd.ts';
import { encodePacking, type Packing, packingMemory } from '../../../../src/delta/contain/packing.ts';
import { BEFORE, HELD, PACKED, packedBase } from '../../../fuzz/targets/containers.ts';
import { control, forge, make, varints } from '../support.ts';
import { gzipped, wordy } from './support.ts';

type Inputs = Readonly<Record<string, Uint8Array>>;
const STORED = { coder: 'stored', windowBits: 0 } as const;

/** Honest inputs of the fuzz targets that have to do with packed streams. */
export async function packedInputs(): Promise<Readonly<Record<string, Inputs>>> {
  const base = packedBase(PACKED);
  const packer = { codec: zlib, params: deflateParams({ wrapper: RAW, level: 6 }) };
  const changed = concatBytes(HELD.subarray(0, 500), utf8(' changed '), HELD.subarray(500));
  const image = concatBytes(
    base.subarray(0, BEFORE),
    await zlib.encode(changed, packer.params),
    utf8('new end'),
  );
  const packing: Packing = {
    keep: HELD.length,
    old: [{ offset: BEFORE, length: PACKED.length, raw: HELD.length, packer }],
    new: [{ at: BEFORE, raw: changed.length, packer }],
    oldLength: base.length - PACKED.length + HELD.length,
    newLength: BEFORE + changed.length + 7,
  };
  const list = encodePacking(packing);
  const stored = await forge(
    seal(base),
    seal(image),
    {
      packing: list,
      controls: concatBytes(control(BEFORE + 500, 9, 0), control(HELD.length - 500, 7, 0)),
      runs: varints(0, BEFORE + HELD.length),
      insertions: utf8(' changed new end'),
    },
    { steps: 2, coding: STORED, packing: packingMemory(packing, list.length) },
  );
  const several: Packing = {
    ...packing,
    keep: 900,
    old: [
      ...packing.old,
      { offset: 5000, length: 300, raw: 900, packer: { codec: zstd154, params: zstdParams(15, 4096) } },
    ],
    new: [
      { at: 0, raw: 700, packer: { codec: zlib, params: deflateParams({ wrapper: ZLIB, level: 9 }) } },
      { at: 700, raw: 800, packer },
      { at: 1600, raw: 1, packer },
    ],
  };
  const squashfs = (name: string) =>
    Uint8Array.from(readFileSync(join(import.meta.dirname, 'images', `${name}.squashfs`)));
  return {
    packing: { 1: list, 2: encodePacking({ ...several, keep: HELD.length, newLength: 2000 }) },
    unpacking: { '1-stored.otad': stored, '2-made.otad': await make(base, image, { memory: 2 ** 20 }) },
    containers: {
      '1.squashfs': squashfs('gzip-old'),
      '2.squashfs': squashfs('zstd-old'),
      '3.gz': await gzipped(wordy(3000), 6, 'name'),
    },
  };
}
