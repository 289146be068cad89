import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openReadStore, openStore } from '../../../src/storage/open.ts';

let scratch = '';
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'ota-open-'));
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

test('a path and a file: address are a folder', async () => {
  const folder = join(scratch, 'a store');
  await mkdir(folder);
  await writeFile(join(folder, 'k'), 'x');
  for (const location of [folder, pathToFileURL(folder).href]) {
    expect((await openStore(location)).url).toBe(folder);
    expect((await (await openReadStore(location)).read('k', 1))?.bytes.length).toBe(1);
  }
});

test('a folder that is not there is missing to a reader, empty to a writer', async () => {
  const folder = join(scratch, 'none');
  await expect(openReadStore(folder)).rejects.toMatchObject({ code: 'store-missing', where: folder });
  expect(await (await openStore(folder)).read('k', 1)).toBeUndefined();
});

test.each(['https://updates.example.com/repo', 'HTTP://updates.example.com'])(
  '%s is to read only',
  async (location) => {
    expect((await openReadStore(location)).url).toMatch(/^https?:\/\/updates\.example\.com\//);
    await expect(openStore(location)).rejects.toMatchObject({ code: 'usage-flag', exitCode: 2 });
  },
);

test.each([
  ['https://user:secret@host/repo?secret', 'https://host can'],
  ['https:user:secret@host', 'https://host can'],
  ['https://user:se/secret@host', 'an http address can'],
])('%s does not show its password', async (location, start) => {
  const failure = await openStore(location).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'usage-flag', message: expect.stringContaining(start) });
  expect(JSON.stringify(failure) + String(failure)).not.toMatch(/secret|user/);
});

test.each([
  ['s3://bucket', 's3://bucket'],
  ['s3://bucket/', 's3://bucket'],
  ['s3://bucket/a/prefix', 's3://bucket/a/prefix'],
  ['s3://bucket/a/prefix/', 's3://bucket/a/prefix'],
])('%s is a bucket', async (location, url) => {
  const options = { endpoint: 'http://127.0.0.1:1' };
  expect((await openStore(location, options)).url).toBe(url);
  expect((await openReadStore(location, options)).url).toBe(url);
});

test.each([
  '',
  's3:',
  's3://',
  's3:///k',
  's3://user@bucket/k',
  's3://bucket/k?x',
  'ftp://x',
  'file://host/x',
  'gs://x',
])('%j is wrong usage', async (location) => {
  await expect(openStore(location)).rejects.toMatchObject({ code: 'usage-flag', hint: expect.any(String) });
  await expect(openReadStore(location)).rejects.toMatchObject({ code: 'usage-flag' });
});

test('S3 code is loaded for a bucket, and for nothing else', () => {
  const script = `
    import { createRequire } from 'node:module';
    const { openStore, openReadStore } = await import(process.argv[1]);
    const loaded = () => Object.keys(createRequire(process.argv[1]).cache).some((path) => path.includes('client-s3'));
    await (await openStore(process.argv[2])).read('k', 1);
    await openReadStore('http://127.0.0.1:1');
    const before = loaded();
    await openStore('s3://bucket', { endpoint: 'http://127.0.0.1:1' });
    console.log(JSON.stringify([before, loaded()]));
  `;
  const open = new URL('../../../src/storage/open.ts', import.meta.url).href;
  const done = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', script, '--', open, scratch],
    { cwd: fileURLToPath(new URL('../../../', import.meta.url)), encoding: 'utf8' },
  );
  expect(done.stdout.trim()).toBe('[false,true]');
});
