import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { sha256 } from '../../../src/core/digest.ts';
import { directoryStore } from '../../../src/storage/directory.ts';
import { bodyOf, JSON_LIVE, JSON_ONCE, keysOf, storeContract, textOf } from './contract.ts';

let scratch = '';
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'ota-store-'));
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

let places = 0;
storeContract('directory', async () => {
  const root = join(scratch, `place ${places++}`, 'deeper');
  return async () => directoryStore(root);
});

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);

describe('containment', () => {
  test('no link leads out of the root', async () => {
    const root = join(scratch, 'store');
    const outside = join(scratch, 'outside');
    await mkdir(root);
    await mkdir(outside);
    writeFileSync(join(outside, 'secret'), 'secret');
    symlinkSync(outside, join(root, 'link'));
    symlinkSync(join(outside, 'secret'), join(root, 'file'));
    const store = directoryStore(root);
    const refused = { code: 'store-refused' };
    for (const key of ['link/secret', 'file']) {
      await expect(store.read(key, 100)).rejects.toMatchObject(refused);
      await expect(store.stream(key)).rejects.toMatchObject(refused);
      await expect(store.stat(key)).rejects.toMatchObject(refused);
      await expect(store.delete(key)).rejects.toMatchObject(refused);
      await expect(store.replace(key, utf8('x'), sha256(utf8('secret')), JSON_LIVE)).rejects.toMatchObject(
        refused,
      );
    }
    await expect(store.create('link/new/deep', bodyOf('x'), JSON_ONCE)).rejects.toMatchObject(refused);
    expect(filesIn(outside)).toEqual(['secret']);
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
    expect(await keysOf(store)).toEqual([]);
  });

  test('a dangling link is not written through', async () => {
    const root = join(scratch, 'store');
    await mkdir(root);
    symlinkSync(join(scratch, 'nowhere'), join(root, 'link'));
    const store = directoryStore(root);
    await expect(store.create('link/k', bodyOf('x'), JSON_ONCE)).rejects.toMatchObject({
      code: 'store-failed',
    });
    expect(existsSync(join(scratch, 'nowhere'))).toBe(false);
  });

  test('a root that is itself a link, and a link that stays inside, are fine', async () => {
    const real = join(scratch, 'real');
    await mkdir(join(real, 'a'), { recursive: true });
    symlinkSync(real, join(scratch, 'store'));
    symlinkSync('a', join(real, 'b'));
    const store = directoryStore(join(scratch, 'store'));
    expect(await store.create('b/k', bodyOf('x'), JSON_ONCE)).toBe('created');
    expect(await textOf(store, 'a/k')).toBe('x');
  });

  test.each(['.k.0123456789ab.tmp', 'a/.k.lock', '.k.lock.break'])(
    'the temporary name %s is nobody else’s',
    async (key) => {
      const store = directoryStore(scratch);
      await expect(store.create(key, bodyOf('x'), JSON_ONCE)).rejects.toMatchObject({ code: 'name-invalid' });
    },
  );
});

describe('faults', () => {
  test('nothing but the object is left, whether it succeeds or fails', async () => {
    const store = directoryStore(scratch);
    await store.create('d/k', bodyOf('one'), JSON_ONCE);
    await store.create('d/k', bodyOf('two'), JSON_ONCE);
    await store.replace('d/k', utf8('three'), sha256(utf8('one')), JSON_LIVE);
    await store.replace('d/k', utf8('four'), sha256(utf8('one')), JSON_LIVE);
    const wrong = { ...bodyOf('expected'), open: bodyOf('else').open };
    await expect(store.create('d/wrong', wrong, JSON_ONCE)).rejects.toMatchObject({ code: 'input-changed' });
    expect(filesIn(scratch)).toEqual(['k']);
    expect(await textOf(store, 'd/k')).toBe('three');
  });

  test('an object below an object, and one where a folder is, are refused', async () => {
    const store = directoryStore(scratch);
    await store.create('a/b', bodyOf('x'), JSON_ONCE);
    await expect(store.create('a/b/c', bodyOf('x'), JSON_ONCE)).rejects.toMatchObject({
      code: 'store-failed',
    });
    await expect(store.create('a', bodyOf('x'), JSON_ONCE)).rejects.toMatchObject({ code: 'store-failed' });
  });

  test('what a killed writer left is not listed, and is removed after a day', async () => {
    await mkdir(join(scratch, 'd'));
    const old = join(scratch, 'd', '.k.0123456789ab.tmp');
    const young = join(scratch, 'd', '.k.ba9876543210.tmp');
    for (const path of [old, young]) writeFileSync(path, 'half');
    const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
    utimesSync(old, twoDaysAgo, twoDaysAgo);
    const store = directoryStore(scratch);
    expect(await keysOf(store)).toEqual([]);
    const left = [];
    for await (const { key, started, remove } of store.unfinished()) {
      left.push({ key, old: started < twoDaysAgo + 60, remove });
    }
    expect(left).toMatchObject([
      { key: 'd/.k.0123456789ab.tmp', old: true },
      { key: 'd/.k.ba9876543210.tmp', old: false },
    ]);
    await store.create('d/other', bodyOf('x'), JSON_ONCE);
    expect(existsSync(old)).toBe(false);
    // Somebody else was faster.
    await left[0]?.remove();
    expect(existsSync(young)).toBe(true);
  });

  test('objects can be read by a web server of another user', async () => {
    await directoryStore(scratch).create('k', bodyOf('x'), JSON_ONCE);
    expect(statSync(join(scratch, 'k')).mode & 0o777).toBe(0o666 & ~process.umask());
  });
});

describe('processes', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  const writer = fileURLToPath(new URL('./writer.ts', import.meta.url));

  /** `limit`: the largest file that the process may write, in blocks of 512 bytes. */
  function start(task: string, name: string, limit?: number): ChildProcess {
    const [command, ...args] = [process.execPath, '--import', 'tsx', writer, scratch, task, name];
    const child =
      limit === undefined
        ? spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
        : spawn('sh', ['-c', `ulimit -f ${limit} && exec "$@"`, 'sh', command, ...args], {
            stdio: ['ignore', 'pipe', 'inherit'],
          });
    children.push(child);
    return child;
  }

  async function race(task: string, count: number): Promise<string[][]> {
    const started = Array.from({ length: count }, (_, index) => start(task, String(index)));
    const results = started.map(async (child) => {
      let text = '';
      child.stdout?.on('data', (piece: Buffer) => {
        text += piece;
      });
      const [code] = (await once(child, 'close')) as [number | null];
      expect(code).toBe(0);
      return JSON.parse(text) as string[];
    });
    while (readdirSync(scratch).filter((name) => name.startsWith('ready-')).length < count) await sleep(10);
    writeFileSync(join(scratch, 'go'), '');
    return Promise.all(results);
  }

  test('20 processes create 25 objects: each has one winner, whose bytes are there', async () => {
    const results = await race('create', 20);
    const store = directoryStore(join(scratch, 'store'));
    for (let key = 0; key < 25; key += 1) {
      const told = results.map((result) => result[key]);
      expect(told.filter((result) => result === 'created')).toHaveLength(1);
      expect(await textOf(store, `race/${key}`)).toBe(`${told.indexOf('created')} ${key}`);
    }
    expect(filesIn(join(scratch, 'store'))).toHaveLength(25);
  }, 120_000);

  test('8 processes count to 40 by compare-and-swap: nothing is lost', async () => {
    await race('count', 8);
    const store = directoryStore(join(scratch, 'store'));
    expect(await textOf(store, 'n')).toBe('40');
    expect(filesIn(join(scratch, 'store'))).toEqual(['n']);
  }, 120_000);

  test('a writer that is killed half way leaves no object, and the next one succeeds', async () => {
    writeFileSync(join(scratch, 'go'), '');
    const child = start('hang', 'a');
    if (child.stdout === null) throw new Error('no output');
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'close');
    const store = directoryStore(join(scratch, 'store'));
    expect(await keysOf(store)).toEqual([]);
    expect(await store.create('k', bodyOf('whole'), JSON_ONCE)).toBe('created');
  }, 120_000);

  test.skipIf(process.platform === 'win32')(
    'where there is no room for a file, that is said and nothing is left',
    async () => {
      writeFileSync(join(scratch, 'go'), '');
      // 2,048 blocks of 512 bytes; the object has 4 MiB.
      const child = start('large', 'a', 2048);
      let text = '';
      child.stdout?.on('data', (piece: Buffer) => {
        text += piece;
      });
      await once(child, 'close');
      expect(JSON.parse(text)).toEqual(['disk-full']);
      expect(filesIn(join(scratch, 'store'))).toEqual([]);
    },
    120_000,
  );
});
