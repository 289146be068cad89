import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/core/bytes.ts';
import { seal } from '../../../src/core/digest.ts';
import { memoryBody } from '../../../src/storage/body.ts';
import { immutable, revalidated } from '../../../src/storage/headers.ts';
import type { Body, Store } from '../../../src/storage/store.ts';

/** Opens the store of one place; each call is another writer. */
export type Open = () => Promise<Store>;

export const JSON_ONCE = immutable('application/json');
export const JSON_LIVE = revalidated('application/json');
export const bodyOf = (text: string): Body => memoryBody(seal(utf8(text)));
const MIB = 2 ** 20;

export async function textOf(store: Store, key: string): Promise<string | undefined> {
  const found = await store.read(key, 1_000);
  return found === undefined ? undefined : fromUtf8(found.bytes);
}

export async function tokenOf(store: Store, key: string): Promise<string> {
  const found = await store.read(key, 1_000);
  if (found === undefined) throw new Error(`there is no ${key}`);
  return found.token;
}

export async function keysOf(store: Store, prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

/** Bytes that no compressor and no zero page can stand for, made as they are read. */
export function noise(mebibytes: number, seed = 0): Body {
  const block = Buffer.alloc(MIB);
  const fill = (index: number): Uint8Array => {
    for (let at = 0, state = index + seed + 1; at < MIB; at += 4) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      block.writeUInt32LE(state, at);
    }
    return Uint8Array.from(block);
  };
  const open = async function* () {
    for (let index = 0; index < mebibytes; index += 1) yield fill(index);
  };
  const hash = createHash('sha256');
  for (let index = 0; index < mebibytes; index += 1) hash.update(fill(index));
  return { sha256: hash.digest('hex'), length: mebibytes * MIB, open };
}

export async function digestOf(store: Store, key: string): Promise<{ sha256: string; length: number }> {
  const pieces = await store.stream(key);
  if (pieces === undefined) throw new Error(`there is no ${key}`);
  const hash = createHash('sha256');
  let length = 0;
  for await (const piece of pieces) {
    hash.update(piece);
    length += piece.length;
  }
  return { sha256: hash.digest('hex'), length };
}

/** What every store does; `place` gives an empty one each time. */
export function storeContract(name: string, place: () => Promise<Open>): void {
  const empty = async (): Promise<Store> => (await place())();

  describe(`${name}: reading`, () => {
    test('what is not there is undefined, everywhere', async () => {
      const store = await empty();
      expect(await store.read('a/b.json', 10)).toBeUndefined();
      expect(await store.stream('a/b.json')).toBeUndefined();
      expect(await store.stat('a/b.json')).toBeUndefined();
      expect(await keysOf(store)).toEqual([]);
      await store.delete('a/b.json');
    });

    test('a key below an object, and one that others are below, are not there', async () => {
      const store = await empty();
      await store.create('a/b', bodyOf('x'), JSON_ONCE);
      expect(await store.read('a/b/c', 10)).toBeUndefined();
      expect(await store.stat('a')).toBeUndefined();
      expect(await store.stream('a')).toBeUndefined();
    });

    test('stops at the largest length asked for', async () => {
      const store = await empty();
      await store.create('k', bodyOf('12345'), JSON_ONCE);
      expect((await store.read('k', 5))?.bytes.length).toBe(5);
      await expect(store.read('k', 4)).rejects.toMatchObject({ code: 'length-mismatch' });
    });

    test.each([
      '',
      '/',
      'a//b',
      '../a',
      'a/../b',
      './a',
      '/etc/passwd',
      'a/',
      'a b',
      'ä',
      'a\\b',
      'a%2fb',
      'a\0b',
    ])('refuses the key %j', async (key) => {
      const store = await empty();
      const refused = { code: 'name-invalid' };
      await expect(store.read(key, 1)).rejects.toMatchObject(refused);
      await expect(store.stream(key)).rejects.toMatchObject(refused);
      await expect(store.stat(key)).rejects.toMatchObject(refused);
      await expect(store.create(key, bodyOf('x'), JSON_ONCE)).rejects.toMatchObject(refused);
      await expect(store.replace(key, utf8('x'), 'token', JSON_LIVE)).rejects.toMatchObject(refused);
      await expect(store.delete(key)).rejects.toMatchObject(refused);
    });
  });

  describe(`${name}: creating`, () => {
    test('gives back what was stored, by read, stream and stat', async () => {
      const store = await empty();
      const body = bodyOf('{"a":1}');
      expect(await store.create('x/y/1.root.json', body, JSON_ONCE)).toBe('created');
      expect(await textOf(store, 'x/y/1.root.json')).toBe('{"a":1}');
      expect(await digestOf(store, 'x/y/1.root.json')).toEqual({ sha256: body.sha256, length: 7 });
      const stat = await store.stat('x/y/1.root.json');
      expect(stat?.length).toBe(7);
      expect([undefined, body.sha256]).toContain(stat?.sha256);
    });

    test('an empty object', async () => {
      const store = await empty();
      expect(await store.create('empty', bodyOf(''), JSON_ONCE)).toBe('created');
      expect((await store.stat('empty'))?.length).toBe(0);
      expect(await textOf(store, 'empty')).toBe('');
    });

    test('never touches what is there', async () => {
      const store = await empty();
      expect(await store.create('k', bodyOf('first'), JSON_ONCE)).toBe('created');
      expect(await store.create('k', bodyOf('other'), JSON_ONCE)).toBe('exists');
      expect(await store.create('k', bodyOf('first'), JSON_ONCE)).toBe('exists');
      expect(await textOf(store, 'k')).toBe('first');
    });

    test.each([
      ['other bytes of the same length', 'abcde', 'abcdX'],
      ['too few bytes', 'abcde', 'abcd'],
      ['too many bytes', 'abcde', 'abcdef'],
      ['no bytes', 'abcde', ''],
    ])('a body that gives %s is refused and leaves nothing', async (_, promised, given) => {
      const store = await empty();
      const { sha256, length } = bodyOf(promised);
      const body = { sha256, length, open: bodyOf(given).open };
      await expect(store.create('d/k', body, JSON_ONCE)).rejects.toMatchObject({ code: 'input-changed' });
      expect(await keysOf(store)).toEqual([]);
      expect(await store.create('d/k', bodyOf(promised), JSON_ONCE)).toBe('created');
    });

    test('a source that fails half way leaves nothing, and its error is passed on', async () => {
      const store = await empty();
      const open = async function* () {
        yield utf8('half');
        throw new Error('the source failed');
      };
      const body = { ...bodyOf('half and half'), open };
      await expect(store.create('k', body, JSON_ONCE)).rejects.toThrow(/source failed/);
      expect(await keysOf(store)).toEqual([]);
    });

    test('of 20 writers at once exactly one wins, and its bytes are what is there', async () => {
      const open = await place();
      const stores = await Promise.all(Array.from({ length: 20 }, open));
      const results = await Promise.all(
        stores.map((store, index) => store.create('race/1.json', bodyOf(`writer ${index}`), JSON_ONCE)),
      );
      expect(results.filter((result) => result === 'created')).toHaveLength(1);
      expect(results.filter((result) => result === 'exists')).toHaveLength(19);
      expect(await textOf(await open(), 'race/1.json')).toBe(`writer ${results.indexOf('created')}`);
    });
  });

  describe(`${name}: replacing`, () => {
    test('only what was read', async () => {
      const store = await empty();
      expect(await store.replace('t.json', utf8('one'), undefined, JSON_LIVE)).toBe('replaced');
      const first = await tokenOf(store, 't.json');
      expect(await store.replace('t.json', utf8('two'), first, JSON_LIVE)).toBe('replaced');
      expect(await store.replace('t.json', utf8('three'), first, JSON_LIVE)).toBe('conflict');
      expect(await store.replace('t.json', utf8('three'), undefined, JSON_LIVE)).toBe('conflict');
      expect(await textOf(store, 't.json')).toBe('two');
      const second = await tokenOf(store, 't.json');
      expect(second).not.toBe(first);
      expect(await store.replace('t.json', utf8('three'), second, JSON_LIVE)).toBe('replaced');
      expect(await textOf(store, 't.json')).toBe('three');
    });

    test('what has gone is a conflict', async () => {
      const store = await empty();
      await store.replace('t.json', utf8('one'), undefined, JSON_LIVE);
      const token = await tokenOf(store, 't.json');
      await store.delete('t.json');
      expect(await store.replace('t.json', utf8('two'), token, JSON_LIVE)).toBe('conflict');
      expect(await store.stat('t.json')).toBeUndefined();
    });

    test('of 20 writers at once exactly one wins', async () => {
      const open = await place();
      const stores = await Promise.all(Array.from({ length: 20 }, open));
      const [first] = stores;
      if (first === undefined) throw new Error('no writers');
      await first.replace('t.json', utf8('base'), undefined, JSON_LIVE);
      const token = await tokenOf(first, 't.json');
      const results = await Promise.all(
        stores.map((store, index) => store.replace('t.json', utf8(`writer ${index}`), token, JSON_LIVE)),
      );
      expect(results.filter((result) => result === 'replaced')).toHaveLength(1);
      expect(await textOf(first, 't.json')).toBe(`writer ${results.indexOf('replaced')}`);
    });

    test('counting up by many writers loses nothing', async () => {
      const open = await place();
      await (await open()).replace('n', utf8('0'), undefined, JSON_LIVE);
      // Each writes bytes of its own: after a lost response a store may take the same bytes by another for its own success.
      const count = async (_: unknown, writer: number): Promise<void> => {
        const store = await open();
        for (let done = 0; done < 3; ) {
          const found = await store.read('n', 100);
          const counted = Number.parseInt(fromUtf8(found?.bytes ?? utf8('NaN')), 10);
          const next = utf8(`${counted + 1} by ${writer}`);
          if ((await store.replace('n', next, found?.token, JSON_LIVE)) === 'replaced') done += 1;
        }
      };
      await Promise.all(Array.from({ length: 5 }, count));
      expect(Number.parseInt((await textOf(await open(), 'n')) ?? '', 10)).toBe(15);
    });
  });

  describe(`${name}: listing and deleting`, () => {
    test('in code-unit order, by prefix', async () => {
      const store = await empty();
      const keys = [
        'a-b',
        'a.json',
        'a/b',
        'a/b-c/d',
        'a/b.c',
        'a/c',
        'A',
        'a_b',
        'b',
        '10',
        '9',
        '.hidden/x',
      ];
      for (const key of keys) await store.create(key, bodyOf(key), JSON_ONCE);
      const sorted = keys.toSorted((a, b) => (a < b ? -1 : 1));
      expect(await keysOf(store)).toEqual(sorted);
      for (const prefix of ['a', 'a/', 'a/b', 'a/b-', 'z', '.h', 'a/b-c/d']) {
        expect(await keysOf(store, prefix)).toEqual(sorted.filter((key) => key.startsWith(prefix)));
      }
      for await (const { key, length, modified } of store.list('')) {
        expect(length).toBe(key.length);
        expect(modified).toBeGreaterThan(1_700_000_000);
        expect(modified).toBeLessThan(Date.now() / 1000 + 600);
      }
      for await (const { key } of store.unfinished()) expect.fail(`${key} is a whole object`);
    });

    test.each(['../', 'a/../', '/', 'a//', 'a b'])('refuses the prefix %j', async (prefix) => {
      const store = await empty();
      await expect(keysOf(store, prefix)).rejects.toMatchObject({ code: 'name-invalid' });
    });

    test('what is deleted is gone and can be created again', async () => {
      const store = await empty();
      await store.create('a/k', bodyOf('one'), JSON_ONCE);
      await store.delete('a/k');
      expect(await store.read('a/k', 10)).toBeUndefined();
      expect(await keysOf(store)).toEqual([]);
      expect(await store.create('a/k', bodyOf('two'), JSON_ONCE)).toBe('created');
    });
  });

  describe(`${name}: copying`, () => {
    const copied = async (store: Store, from: string, key: string, body: Body) =>
      store.copyFrom?.(from, key, body, JSON_ONCE);
    const left = async (store: Store) => (await keysOf(store)).filter((key) => key !== 'from');

    test('gives another object the same bytes, and leaves the first as it was', async () => {
      const store = await empty();
      const body = bodyOf('the payload');
      await store.create('from', body, JSON_ONCE);
      expect(await copied(store, 'from', 'a/to', body)).toBe('created');
      expect(await textOf(store, 'a/to')).toBe('the payload');
      expect(await textOf(store, 'from')).toBe('the payload');
      const stat = await store.stat('a/to');
      expect([undefined, body.sha256]).toContain(stat?.sha256);
      await store.delete('from');
      expect(await textOf(store, 'a/to')).toBe('the payload');
    });

    test.each(['the payloaD', 'the payload.', ''])(
      'an object that has %j instead is not copied',
      async (other) => {
        const store = await empty();
        await store.create('from', bodyOf(other), JSON_ONCE);
        expect(await copied(store, 'from', 'to', bodyOf('the payload'))).toBe('unfit');
        expect(await left(store)).toEqual([]);
        expect(await textOf(store, 'from')).toBe(other);
      },
    );

    test('what is not there is not copied, and what is there is not touched', async () => {
      const store = await empty();
      expect(await copied(store, 'from', 'to', bodyOf('x'))).toBe('unfit');
      expect(await copied(store, 'no/folder/from', 'to', bodyOf('x'))).toBe('unfit');
      await store.create('from', bodyOf('x'), JSON_ONCE);
      await store.create('to', bodyOf('y'), JSON_ONCE);
      expect(await copied(store, 'from', 'to', bodyOf('x'))).toBe('exists');
      expect(await textOf(store, 'to')).toBe('y');
    });

    test.each(['../a', 'a//b', '', '/etc/passwd'])('refuses the key %j on either side', async (key) => {
      const store = await empty();
      const refused = { code: 'name-invalid' };
      await store.create('from', bodyOf('x'), JSON_ONCE);
      await expect(copied(store, key, 'to', bodyOf('x'))).rejects.toMatchObject(refused);
      await expect(copied(store, 'from', key, bodyOf('x'))).rejects.toMatchObject(refused);
    });

    test('20 MiB, and a copy of the copy', async () => {
      const store = await empty();
      const body = noise(20);
      await store.create('from', body, JSON_ONCE);
      expect(await copied(store, 'from', 'second', body)).toBe('created');
      expect(await copied(store, 'second', 'third', body)).toBe('created');
      expect(await digestOf(store, 'third')).toEqual({ sha256: body.sha256, length: body.length });
    });
  });

  describe(`${name}: large objects`, () => {
    test('100 MiB go up and come back as a stream', async () => {
      const store = await empty();
      const body = noise(100);
      expect(await store.create('big/image', body, immutable('application/octet-stream'))).toBe('created');
      expect(await digestOf(store, 'big/image')).toEqual({ sha256: body.sha256, length: body.length });
      expect(await store.create('big/image', body, immutable('application/octet-stream'))).toBe('exists');
    });

    test('40 MiB with one byte changed are refused and leave nothing', async () => {
      const store = await empty();
      const { sha256, length, open } = noise(40);
      const changed = async function* () {
        let index = 0;
        for await (const piece of open()) {
          if (index++ === 39) piece[MIB - 1] = (piece[MIB - 1] ?? 0) ^ 1;
          yield piece;
        }
      };
      await expect(store.create('big', { sha256, length, open: changed }, JSON_ONCE)).rejects.toMatchObject({
        code: 'input-changed',
      });
      expect(await keysOf(store)).toEqual([]);
    });
  });
}
