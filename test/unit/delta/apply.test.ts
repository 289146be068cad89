import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes.ts';
import type { ProgressEvent } from '../../../src/core/progress.ts';
import { type ByteSource, memorySource } from '../../../src/core/source.ts';
import { applyDelta } from '../../../src/delta/apply.ts';
import { readDeltaHeader } from '../../../src/delta/format.ts';
import { apply, codeOf, collect, counted, make, noise } from './support.ts';

const OLD = noise(600_000);
const NEW = concatBytes(OLD.subarray(1000), noise(2000, 3), OLD.subarray(0, 900));
const patch = await make(OLD, NEW);

describe('applying', () => {
  it.each([
    ['of the same length', Uint8Array.from(OLD, (byte, at) => (at === 5 ? byte ^ 1 : byte))],
    ['of another length', OLD.subarray(1)],
    ['that is the new one already', NEW],
  ])('to an old image %s is refused before anything of the body is read', async (_, base) => {
    const source = counted(memorySource(patch));
    expect(await codeOf(collect(applyDelta(memorySource(base), source)))).toBe('delta-wrong-base');
    // The header and its table.
    expect(source.reads).toBe(2);
  });

  it('does not read the old image twice for a caller that has verified it', async () => {
    const source = counted(memorySource(OLD));
    expect(await collect(applyDelta(source, memorySource(patch), { oldVerified: true }))).toEqual(NEW);
    expect(source.largest).toBeLessThanOrEqual(64 * 1024);
    const other = Uint8Array.from(OLD, (byte) => byte ^ 1);
    expect(await codeOf(apply(other, patch, { oldVerified: true }))).toBe('digest-mismatch');
    expect(await codeOf(apply(OLD.subarray(1), patch, { oldVerified: true }))).toBe('delta-wrong-base');
  });

  it('is refused where it takes more memory than is allowed', async () => {
    const { memory } = await readDeltaHeader(memorySource(patch));
    expect(await codeOf(apply(OLD, patch, { maxMemory: memory - 1 }))).toBe('delta-too-large');
    expect(await apply(OLD, patch, { maxMemory: memory })).toEqual(NEW);
  });

  it('leaves the old image as it is', async () => {
    const before = Uint8Array.from(OLD);
    await apply(OLD, patch);
    expect(OLD).toEqual(before);
  });

  it('says how far it is', async () => {
    const events: ProgressEvent[] = [];
    await apply(OLD, patch, { progress: (event) => events.push(event) });
    expect(events[0]).toEqual({ task: 'hash old image', done: OLD.length, total: OLD.length });
    expect(events.at(-1)).toEqual({ task: 'apply delta', done: NEW.length, total: NEW.length });
  });

  it('passes on what reading the delta throws in the middle', async () => {
    const image = noise(300_000);
    const source = memorySource(await make(new Uint8Array(), image));
    const broken: ByteSource = {
      length: source.length,
      read: async (offset, length) => {
        if (offset > 100_000) throw new RangeError('the disk is gone');
        return source.read(offset, length);
      },
    };
    const run = collect(applyDelta(memorySource(new Uint8Array()), broken));
    await expect(run).rejects.toThrow(new RangeError('the disk is gone'));
  });

  it('can be left in the middle', async () => {
    const pieces = applyDelta(memorySource(OLD), memorySource(patch));
    expect((await pieces.next()).done).toBe(false);
    expect((await pieces.return(undefined)).done).toBe(true);
  });
});
