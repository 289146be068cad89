import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import Delta from '../../../src/commands/delta/index.ts';

const ROOT = join(import.meta.dirname, '../../..');
const IMAGES = join(ROOT, 'test/unit/delta/contain/images');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ota-delta-'));
  vi.spyOn(console, 'log').mockImplementation(() => {});
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

const make = (...flags: readonly string[]) => {
  const images = ['old', 'new'].map((which) => join(IMAGES, `gzip-${which}.squashfs`));
  return Delta.run([...images, '-o', join(folder, 'delta'), '--force', '--json', ...flags], ROOT);
};

it('unpacks packed parts of images by the encoders that are named, or none of them', async () => {
  const any = await make();
  expect(any?.unpacked).toBeDefined();
  expect((await make('--unpack', 'zlib-1.2'))?.unpacked).toEqual(any?.unpacked);
  expect((await make('--unpack', 'liblzma-5', '--unpack', 'lzma-sdk'))?.unpacked).toBeUndefined();
  const packed = await make('--no-unpack');
  expect(packed?.unpacked).toBeUndefined();
  expect(packed?.delta.length).toBeGreaterThan(any?.delta.length ?? 0);
});

it.each([
  ['a name that is no encoder', ['--unpack', 'zip']],
  ['both at once', ['--unpack', 'zlib-1.2', '--no-unpack']],
])('refuses %s', async (_, flags) => {
  await make(...flags);
  expect(process.exitCode).toBe(2);
  process.exitCode = undefined;
});
