import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes.ts';
import type { ProgressEvent } from '../../../src/core/progress.ts';
import { applyDeltaFile, createDeltaFile } from '../../../src/delta/files.ts';
import { freshFolder } from '../../support/folder.ts';
import { noise } from './support.ts';

const folder = freshFolder();
const OLD = noise(50_000);
const NEW = concatBytes(OLD.subarray(100), noise(300, 3));

function setUp() {
  writeFileSync(folder.at('old'), OLD);
  writeFileSync(folder.at('new'), NEW);
  const tasks = new Set<string>();
  const make = async (options: { readonly memory?: number } = {}) => {
    tasks.clear();
    const made = await createDeltaFile(folder.at('old'), folder.at('new'), folder.at('delta'), {
      cache: folder.at('cache'),
      progress: ({ task }: ProgressEvent) => tasks.add(task),
      ...options,
    });
    return { made, bytes: readFileSync(folder.at('delta')), matched: tasks.has('match') };
  };
  const kept = () => readdirSync(folder.at('cache')).map((name) => join(folder.at('cache'), name));
  return { make, kept };
}

it('a delta is made once, and the same bytes are taken the next time', async () => {
  const { make, kept } = setUp();
  const first = await make();
  const second = await make();
  expect([first.made.cached, first.matched]).toEqual([false, true]);
  expect([second.made.cached, second.matched]).toEqual([true, false]);
  expect(second.bytes).toEqual(first.bytes);
  expect(second.made).toEqual({ ...first.made, cached: true });
  expect(kept()).toHaveLength(1);
});

it('a delta for other memory or other images is another one', async () => {
  const { make, kept } = setUp();
  await make();
  expect((await make({ memory: 65_536 })).made.cached).toBe(false);
  expect((await make({ memory: 65_536 })).made.cached).toBe(true);
  writeFileSync(folder.at('new'), NEW.subarray(1));
  expect((await make()).made.cached).toBe(false);
  expect(kept()).toHaveLength(3);
});

it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
  ['is cut short', (bytes) => bytes.subarray(0, -1)],
  ['is empty', () => new Uint8Array()],
  ['is damaged', (bytes) => Uint8Array.from(bytes, (byte, at) => (at > 150 ? byte ^ 1 : byte))],
  ['is no delta', () => noise(400)],
])('a kept delta that %s is made anew', async (_, change) => {
  const { make, kept } = setUp();
  const first = await make();
  const [path = ''] = kept();
  writeFileSync(path, change(first.bytes));
  const again = await make();
  expect([again.made.cached, again.matched]).toEqual([false, true]);
  expect(again.bytes).toEqual(first.bytes);
  expect(readFileSync(path)).toEqual(first.bytes);
});

it('a kept delta that leads elsewhere is not taken', async () => {
  const { make, kept } = setUp();
  await make();
  const [path = ''] = kept();
  const other = folder.at('other');
  writeFileSync(folder.at('image'), noise(1000, 9));
  await createDeltaFile(folder.at('old'), folder.at('image'), other);
  writeFileSync(path, readFileSync(other));
  const again = await make();
  expect(again.made.cached).toBe(false);
  await applyDeltaFile(folder.at('old'), folder.at('delta'), folder.at('result'));
  expect(readFileSync(folder.at('result'))).toEqual(Buffer.from(NEW));
});
