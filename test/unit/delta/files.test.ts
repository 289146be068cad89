import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { concatBytes, equalBytes } from '../../../src/core/bytes.ts';
import { DELTA_FORMATS } from '../../../src/core/delta-formats.ts';
import { seal } from '../../../src/core/digest.ts';
import { memorySource } from '../../../src/core/source.ts';
import { PIECE } from '../../../src/delta/apply.ts';
import { applyDeltaFile } from '../../../src/delta/apply-file.ts';
import { createDeltaFile } from '../../../src/delta/files.ts';
import { readDeltaHeader } from '../../../src/delta/format.ts';
import { filesBelow, freshFolder } from '../../support/folder.ts';
import { codeOf, make, noise } from './support.ts';

const folder = freshFolder();
const OLD = noise(50_000);
const NEW = concatBytes(OLD.subarray(100), noise(300, 3));

/** Paths of the two images, written, and of what is to be made. */
function paths() {
  const at = {
    old: folder.at('old'),
    new: folder.at('new'),
    delta: folder.at('delta'),
    image: folder.at('image'),
  };
  writeFileSync(at.old, OLD);
  writeFileSync(at.new, NEW);
  return at;
}

const digestOf = (bytes: Uint8Array) => ({ sha256: seal(bytes).sha256, length: bytes.length });

describe('delta files', () => {
  it('go from image to delta and back', async () => {
    const at = paths();
    const made = await createDeltaFile(at.old, at.new, at.delta, { memory: 65_536 });
    const bytes = readFileSync(at.delta);
    const header = await readDeltaHeader(memorySource(bytes));
    expect(header.memory).toBeLessThanOrEqual(65_536);
    expect(made).toEqual({
      old: digestOf(OLD),
      new: digestOf(NEW),
      delta: digestOf(bytes),
      format: 'otad',
      path: at.delta,
      memory: header.memory,
      coder: header.coder,
      cached: false,
      tried: [expect.objectContaining({ format: 'otad', result: 'made', length: bytes.length })],
    });
    expect(new Uint8Array(bytes)).toEqual(await make(OLD, NEW, { memory: 65_536 }));
    expect(await applyDeltaFile(at.old, at.delta, at.image)).toEqual({
      ...digestOf(NEW),
      format: 'otad',
      checked: true,
    });
    expect(new Uint8Array(readFileSync(at.image))).toEqual(NEW);
    expect([...filesBelow(folder.path).keys()]).toEqual(['delta', 'image', 'new', 'old']);
  });

  it('are not overwritten when that is asked for, and are otherwise', async () => {
    const at = paths();
    writeFileSync(at.delta, 'mine');
    writeFileSync(at.image, 'mine');
    expect(await codeOf(createDeltaFile(at.old, at.new, at.delta, { exclusive: true }))).toBe(
      'output-exists',
    );
    expect(readFileSync(at.delta, 'utf8')).toBe('mine');
    await createDeltaFile(at.old, at.new, at.delta);
    expect(await codeOf(applyDeltaFile(at.old, at.delta, at.image, { exclusive: true }))).toBe(
      'output-exists',
    );
    expect(readFileSync(at.image, 'utf8')).toBe('mine');
    await applyDeltaFile(at.old, at.delta, at.image);
    expect(readFileSync(at.image)).toEqual(Buffer.from(NEW));
  });

  it('appear whole or not at all', async () => {
    const at = paths();
    await createDeltaFile(at.old, at.new, at.delta);
    const patch = readFileSync(at.delta);
    writeFileSync(at.delta, patch.subarray(0, -1));
    expect(await codeOf(applyDeltaFile(at.old, at.delta, at.image))).toBe('delta-invalid');
    writeFileSync(at.delta, patch);
    expect(await codeOf(applyDeltaFile(at.new, at.delta, at.image))).toBe('delta-wrong-base');
    expect(await codeOf(createDeltaFile(at.old, at.new, at.image, { memory: 1 }))).toBe('delta-too-large');
    expect(await codeOf(createDeltaFile(at.old, folder.at('none'), at.image))).toBe('input-missing');
    expect([...filesBelow(folder.path).keys()]).toEqual(['delta', 'new', 'old']);
  });

  it.each(DELTA_FORMATS)(
    'are read a block at a time, whatever the order of their parts (%s)',
    async (format) => {
      const at = paths();
      const part = (index: number) => OLD.subarray(3000 * index, 3000 * index + 2900);
      const order = Array.from({ length: 200 }, (_, index) => part((index * 7) % 16));
      const fresh = concatBytes(...order.map((bytes, index) => bytes.map((byte) => byte ^ (index % 3))));
      expect(fresh.length).toBeGreaterThan(2 * PIECE);
      writeFileSync(at.new, fresh);
      await createDeltaFile(at.old, at.new, at.delta, { formats: [format] });
      await applyDeltaFile(at.old, at.delta, at.image);
      expect(equalBytes(readFileSync(at.image), fresh)).toBe(true);
    },
  );

  it('are refused when they need more memory than is allowed', async () => {
    const at = paths();
    const { memory } = await createDeltaFile(at.old, at.new, at.delta);
    expect(await codeOf(applyDeltaFile(at.old, at.delta, at.image, { maxMemory: memory - 1 }))).toBe(
      'delta-too-large',
    );
    expect(await applyDeltaFile(at.old, at.delta, at.image, { maxMemory: memory })).toMatchObject(
      digestOf(NEW),
    );
  });
});
