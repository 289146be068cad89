import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { seal } from '../../../src/core/digest.ts';
import { EtagHasher } from '../../../src/core/etag.ts';
import { chunks, memorySource } from '../../../src/core/source.ts';
import { collect, memoryBody } from '../../../src/storage/body.ts';
import { type S3Store, s3Store } from '../../../src/storage/s3.ts';
import { connect } from '../../../src/storage/s3-connection.ts';
import { copyObject } from '../../../src/storage/s3-copy.ts';
import { Memory } from '../../../src/storage/s3-memory.ts';
import { sendParts } from '../../../src/storage/s3-parts.ts';
import type { Body } from '../../../src/storage/store.ts';
import { type Asked, FakeS3, type Quirks, s3Fault } from '../../support/fake-s3.ts';
import { bodyOf, digestOf, JSON_ONCE, keysOf, noise } from './contract.ts';

const MIB = 2 ** 20;
const PART = 8 * MIB;
/** Made once: making it takes longer than sending it. */
const BYTES = await collect(noise(24).open(), 24 * MIB, 'noise');
/** Three parts. */
const large = cut(20);
const isPart = ({ method, query }: Asked): boolean => method === 'PUT' && query.has('partNumber');
const isCopy = ({ headers }: Asked): boolean => headers['x-amz-copy-source'] !== undefined;

let fake: FakeS3;
beforeAll(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'testkey');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'testsecret');
});
afterAll(() => vi.unstubAllEnvs());
beforeEach(async () => {
  fake = await FakeS3.start();
});
afterEach(() => fake.close());

const open = (quirks: Quirks = {}): Promise<S3Store> => {
  fake.quirks = quirks;
  return s3Store({ bucket: 'bucket', prefix: 'ota', endpoint: fake.url });
};

/** The first mebibytes of the noise. */
function cut(mebibytes: number): Body {
  const bytes = BYTES.subarray(0, mebibytes * MIB);
  const { sha256, length } = seal(bytes);
  return { sha256, length, open: () => chunks(memorySource(bytes)) };
}

async function etagOf(body: Body): Promise<string> {
  const hasher = new EtagHasher();
  for await (const piece of body.open()) hasher.update(piece);
  return hasher.etag();
}

/** For a body whose bytes nobody is to need. */
const unread = (): never => {
  throw new Error('the bytes here were read');
};

/** The part of `large` with this number. */
const partOf = (number: number): Buffer =>
  Buffer.from(BYTES.subarray((number - 1) * PART, Math.min(number * PART, large.length)));

describe('memory', () => {
  test('is lent to whoever asked first, never more than there is, and the same buffers again', async () => {
    const memory = new Memory(20, 8);
    const [a, b] = [await memory.take(8), await memory.take(8)];
    const order: string[] = [];
    const noted = async (name: string, bytes: number) => {
      const lent = await memory.take(bytes);
      order.push(name);
      return lent;
    };
    const [big, small] = [noted('big', 16), noted('small', 4)];
    await sleep(5);
    expect(order).toEqual([]);
    a.giveBack();
    a.giveBack();
    await sleep(5);
    expect(order).toEqual([]);
    b.giveBack();
    const lent = await big;
    expect(lent.buffer.length).toBe(16);
    await small;
    lent.giveBack();
    expect([a.buffer, b.buffer]).toContain((await memory.take(8)).buffer);
  });

  test('more than there is in all waits for all of it', async () => {
    const memory = new Memory(10, 8);
    const lent = await memory.take(4);
    const all = memory.take(50);
    await expect(Promise.race([all, sleep(5, 'waits')])).resolves.toBe('waits');
    lent.giveBack();
    expect((await all).buffer.length).toBe(50);
  });

  test('parts of several streams share it, and are given in order', async () => {
    const memory = new Memory(40, 10);
    let [now, most] = [0, 0];
    const stream = async function* () {
      for (let index = 0; index < 25; index += 1) yield new Uint8Array(7).fill(index);
    };
    const send = async ({ number, bytes }: { number: number; bytes: Uint8Array }) => {
      now += 1;
      most = Math.max(most, now);
      await sleep(Math.random() * 4);
      now -= 1;
      return `${number}:${bytes.length}:${bytes[0]}`;
    };
    const results = await Promise.all([1, 2, 3].map(() => sendParts(stream(), 10, memory, send)));
    expect(most).toBe(4);
    for (const result of results) {
      expect(result).toEqual(
        Array.from({ length: 18 }, (_, at) => `${at + 1}:${at === 17 ? 5 : 10}:${Math.floor((at * 10) / 7)}`),
      );
    }
    // All of it has been given back.
    expect((await memory.take(40)).buffer.length).toBe(40);
  });

  test('four objects at once hold no more than 64 MiB, whatever their size', async () => {
    const store = await open();
    await store.abilities();
    let [read, sent, most] = [0, 0, 0];
    const counted = (body: Body): Body => ({
      ...body,
      open: async function* () {
        for await (const piece of body.open()) {
          read += piece.length;
          most = Math.max(most, read - sent);
          yield piece;
        }
      },
    });
    const answer = fake.fault;
    fake.fault = (asked) => {
      if (isPart(asked)) sent += asked.body.length;
      return answer(asked);
    };
    const bodies = [cut(24), cut(24), cut(24), cut(24)];
    await Promise.all(bodies.map((body, at) => store.create(`big${at}`, counted(body), JSON_ONCE)));
    expect(sent).toBe(96 * MIB);
    expect(most).toBeGreaterThan(32 * MIB);
    // And a piece of each that is being put into a part.
    expect(most).toBeLessThanOrEqual(64 * MIB + bodies.length * MIB);
  });
});

describe('on the wire', () => {
  test('the SHA-256 of the checksum is the one that is signed', async () => {
    const store = await open();
    await store.create('big', large, JSON_ONCE);
    await store.create('small', bodyOf('x'), JSON_ONCE);
    const puts = fake.asked.filter(({ method, body }) => method === 'PUT' && body.length > 0);
    expect(puts.length).toBeGreaterThan(6);
    for (const { headers } of puts) {
      expect(Buffer.from(String(headers['x-amz-content-sha256']), 'hex').toString('base64')).toBe(
        headers['x-amz-checksum-sha256'],
      );
    }
  });

  test('parts go over connections that stay', async () => {
    const store = await open();
    await store.create('big', large, JSON_ONCE);
    const parts = fake.asked.filter(isPart);
    expect(parts).toHaveLength(3);
    for (const { headers } of parts) expect(headers).toMatchObject({ connection: 'keep-alive' });
  });

  test('what is told of bytes on their way adds up, also when parts are sent again', async () => {
    const store = await open();
    let failures = 2;
    fake.fault = (asked) => (isPart(asked) && failures-- > 0 ? s3Fault(503, 'SlowDown') : undefined);
    const told: number[] = [];
    await store.create('big', { ...large, sent: (bytes) => told.push(bytes) }, JSON_ONCE);
    expect(told.reduce((sum, bytes) => sum + bytes, 0)).toBe(large.length);
    expect(told.filter((bytes) => bytes < 0)).toHaveLength(2);
    // Fine enough to show a slow line moving.
    expect(Math.max(...told)).toBeLessThanOrEqual(MIB);
  }, 60_000);
});

describe('an upload that a killed process left', () => {
  const HOUR = 3_600_000;
  const leave = (numbers: readonly number[], begun = Date.now() - HOUR, change = (part: Buffer) => part) => {
    const parts = numbers.map((at) => [at, change(partOf(at))] as const);
    const headers = { 'x-amz-meta-sha256': large.sha256 };
    fake.uploads.set('left', { path: 'bucket/ota/big', headers, parts: new Map(parts), begun });
  };
  const sentParts = () =>
    fake.asked
      .filter(isPart)
      .map(({ query }) => Number(query.get('partNumber')))
      .toSorted((a, b) => a - b);

  test('is gone on with: only what is missing is sent', async () => {
    leave([1, 3]);
    const store = await open();
    const told: number[] = [];
    expect(await store.create('big', { ...large, sent: (bytes) => told.push(bytes) }, JSON_ONCE)).toBe(
      'created',
    );
    expect(sentParts()).toEqual([2]);
    expect(await digestOf(store, 'big')).toEqual({ sha256: large.sha256, length: large.length });
    expect(told.reduce((sum, bytes) => sum + bytes, 0)).toBe(large.length);
    expect(fake.uploads.size).toBe(0);
  });

  test.each<[string, (part: Buffer) => Buffer]>([
    ['other bytes', (part) => Buffer.from(part).fill(7, 100, 101)],
    ['fewer bytes', (part) => part.subarray(1)],
  ])('parts of it that have %s are sent again', async (_, change) => {
    leave([1, 2], undefined, change);
    const store = await open();
    expect(await store.create('big', large, JSON_ONCE)).toBe('created');
    expect(sentParts()).toEqual([1, 2, 3]);
    expect(await digestOf(store, 'big')).toEqual({ sha256: large.sha256, length: large.length });
    expect(fake.uploads.size).toBe(0);
  });

  test('may be that of a process at work, when it is young: it is left alone until the object is there', async () => {
    leave([1, 2], Date.now());
    const store = await open();
    expect(await store.create('big', large, JSON_ONCE)).toBe('created');
    expect(sentParts()).toEqual([1, 2, 3]);
    expect(fake.uploads.size).toBe(0);
  });

  test('is aborted when it cannot be completed, like one of our own', async () => {
    leave([1]);
    const store = await open();
    const wrong = { ...large, sha256: cut(19).sha256 };
    await expect(store.create('big', wrong, JSON_ONCE)).rejects.toMatchObject({ code: 'input-changed' });
    expect(fake.uploads.size).toBe(0);
    expect(await keysOf(store)).toEqual([]);
  });

  test('and that is taken away while it is gone on with is begun anew', async () => {
    leave([1]);
    const store = await open();
    fake.fault = (asked) => {
      if (isPart(asked) && asked.query.get('uploadId') === 'left') fake.uploads.delete('left');
      return undefined;
    };
    expect(await store.create('big', large, JSON_ONCE)).toBe('created');
    expect(await digestOf(store, 'big')).toEqual({ sha256: large.sha256, length: large.length });
    expect(fake.uploads.size).toBe(0);
  });

  test('and that one may not look for does no harm', async () => {
    leave([1]);
    const store = await open();
    fake.fault = ({ method, query }) =>
      method === 'GET' && query.has('uploads') ? s3Fault(403, 'AccessDenied') : undefined;
    expect(await store.create('big', large, JSON_ONCE)).toBe('created');
    expect(sentParts()).toEqual([1, 2, 3]);
  });
});

describe('copying', () => {
  const payload = cut(17);

  test.each<[string, Quirks, 'created' | 'unfit']>([
    ['that gives a checksum', {}, 'created'],
    ['without checksums, by the ETag', { objectChecksum: 'none' }, 'created'],
    ['that encrypts, and gives a checksum', { etag: 'random' }, 'created'],
    ['that encrypts, and gives none', { etag: 'random', objectChecksum: 'none' }, 'unfit'],
    ['that cannot copy', { copy: 'unsupported' }, 'unfit'],
  ])('small objects in a store %s', async (_, quirks, expected) => {
    const store = await open(quirks);
    const body = bodyOf('the payload');
    await store.create('from', body, JSON_ONCE);
    expect(await store.copyFrom?.('from', 'to', body, JSON_ONCE)).toBe(expected);
    expect(await keysOf(store)).toEqual(expected === 'created' ? ['from', 'to'] : ['from']);
  });

  test('the copy has its headers and its digest', async () => {
    const store = await open();
    await store.create('from', payload, { contentType: 'text/plain', cacheControl: 'no-cache' });
    await store.copyFrom?.('from', 'to', payload, JSON_ONCE);
    expect(fake.objects.get('bucket/ota/to')?.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': JSON_ONCE.cacheControl,
      'x-amz-meta-sha256': payload.sha256,
    });
    expect(fake.asked.find(isCopy)?.headers['x-amz-copy-source-if-match']).toBe(
      fake.objects.get('bucket/ota/from')?.etag,
    );
  });

  test.each<[string, Body]>([
    ['a small', bodyOf('the payload')],
    ['a large', payload],
  ])('%s object that someone swapped is not copied, whatever is noted beside it', async (_, body) => {
    const store = await open();
    await store.create('from', body, JSON_ONCE);
    const path = 'bucket/ota/from';
    const honest = fake.objects.get(path);
    const other = Buffer.from(honest?.bytes ?? '').fill(1, 3, 4);
    await store.delete('from');
    await store.create('from', memoryBody(seal(other)), JSON_ONCE);
    const swapped = fake.objects.get(path);
    if (!swapped || !honest) throw new Error('no object');
    fake.objects.set(path, { ...swapped, headers: honest.headers });
    expect((await store.stat('from'))?.sha256).toBe(body.sha256);
    expect(await store.copyFrom?.('from', 'to', body, JSON_ONCE)).toBe('unfit');
    expect(fake.asked.some(isCopy)).toBe(false);
  });

  test.each<[string, Quirks, Body]>([
    ['a large object, by its ETag', { objectChecksum: 'none' }, payload],
    ['a small object, by its ETag', { objectChecksum: 'none' }, bodyOf('the payload')],
    ['a large object of a store that gives checksums too', {}, payload],
  ])(
    '%s, is known without reading the bytes here, and so is one that someone swapped',
    async (_, quirks, body) => {
      const store = await open(quirks);
      await store.create('from', body, JSON_ONCE);
      const known = { ...body, etag: await etagOf(body), open: unread };
      expect(await store.copyFrom?.('from', 'to', known, JSON_ONCE)).toBe('created');
      expect(await digestOf(store, 'to')).toEqual({ sha256: body.sha256, length: body.length });
      await store.delete('from');
      const other = Buffer.from(await collect(body.open(), body.length, 'other')).fill(1, 3, 4);
      await store.create('from', memoryBody(seal(other)), JSON_ONCE);
      const { objects } = fake;
      const swapped = objects.get('bucket/ota/from');
      if (!swapped) throw new Error('no object');
      objects.set('bucket/ota/from', { ...swapped, headers: objects.get('bucket/ota/to')?.headers ?? {} });
      const asked = fake.asked.length;
      expect(await store.copyFrom?.('from', 'fourth', known, JSON_ONCE)).toBe('unfit');
      expect(fake.asked.slice(asked).some(isCopy)).toBe(false);
    },
  );

  test('a copy is known as what was sent is, by its checksum', async () => {
    const store = await open();
    await store.create('from', payload, JSON_ONCE);
    const known = { ...payload, etag: await etagOf(payload), open: unread };
    expect(await store.copyFrom?.('from', 'to', known, JSON_ONCE)).toBe('created');
    expect(await store.copyFrom?.('to', 'third', known, JSON_ONCE)).toBe('created');
  });

  test('a small object of a store that encrypts, by its checksum, without reading the bytes here', async () => {
    const store = await open({ etag: 'random' });
    const body = bodyOf('the payload');
    await store.create('from', body, JSON_ONCE);
    const known = { ...body, etag: await etagOf(body), open: unread };
    expect(await store.copyFrom?.('from', 'to', known, JSON_ONCE)).toBe('created');
  });

  test('one that is swapped after it was judged is not copied', async () => {
    const store = await open();
    await store.create('from', payload, JSON_ONCE);
    fake.fault = (asked) => {
      if (isCopy(asked))
        fake.objects.set('bucket/ota/from', { bytes: Buffer.from('x'), etag: '"x"', headers: {} });
      return undefined;
    };
    expect(await store.copyFrom?.('from', 'to', payload, JSON_ONCE)).toBe('unfit');
    expect(await keysOf(store)).toEqual(['from']);
  });

  test('bytes here that are not those promised copy nothing', async () => {
    const store = await open();
    await store.create('from', payload, JSON_ONCE);
    const damaged = { ...payload, open: cut(16).open };
    await expect(store.copyFrom?.('from', 'to', damaged, JSON_ONCE)).rejects.toMatchObject({
      code: 'input-changed',
    });
    expect(fake.asked.some(isCopy)).toBe(false);
  });

  test('more than one request may copy goes in parts, and can be copied again; a failure leaves nothing', async () => {
    const store = await open();
    await store.create('from', payload, JSON_ONCE);
    const to = await connect({ bucket: 'bucket', prefix: 'ota', endpoint: fake.url });
    const limit = 5 * MIB;
    const headers = JSON_ONCE;
    expect(await copyObject({ to, from: 'from', key: 'to', body: payload, headers }, limit)).toBe('created');
    expect(
      fake.asked
        .filter(isCopy)
        .map((asked) => asked.headers['x-amz-copy-source-range'])
        .toSorted(),
    ).toEqual([
      `bytes=0-${8 * MIB - 1}`,
      `bytes=${16 * MIB}-${17 * MIB - 1}`,
      `bytes=${8 * MIB}-${16 * MIB - 1}`,
    ]);
    expect(await digestOf(store, 'to')).toEqual({ sha256: payload.sha256, length: payload.length });
    expect(await copyObject({ to, from: 'to', key: 'third', body: payload, headers }, limit)).toBe('created');
    fake.fault = (asked) => (isCopy(asked) ? s3Fault(403, 'ExpiredToken') : undefined);
    await expect(
      copyObject({ to, from: 'from', key: 'fourth', body: payload, headers }, limit),
    ).rejects.toMatchObject({ code: 'store-refused' });
    expect(fake.uploads.size).toBe(0);
    expect(await store.stat('fourth')).toBeUndefined();
  });
});
