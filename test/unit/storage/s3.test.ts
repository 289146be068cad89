import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { type S3Store, s3Store } from '../../../src/storage/s3.ts';
import { type Asked, FakeS3, type Fault, type Quirks, s3Fault } from '../../support/fake-s3.ts';
import { bodyOf, JSON_LIVE, JSON_ONCE, keysOf, noise, storeContract, textOf, tokenOf } from './contract.ts';

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

const open = (quirks: Quirks = {}, singleWriter = false): Promise<S3Store> => {
  fake.quirks = quirks;
  return s3Store({ bucket: 'bucket', prefix: 'ota', endpoint: fake.url, singleWriter });
};
/** A fault for requests of one kind, `times` of them. */
const fail = (
  kind: (asked: Asked) => boolean,
  result: ReturnType<Fault>,
  times = Number.POSITIVE_INFINITY,
): Fault => {
  let left = times;
  return (asked) => (kind(asked) && left-- > 0 ? result : undefined);
};
const isProbe = ({ path }: Asked): boolean => path.includes('.ota-probe/');
const isPut = (asked: Asked): boolean => asked.method === 'PUT' && !isProbe(asked);
const isGet = (asked: Asked): boolean => asked.method === 'GET';
const isPart = (asked: Asked): boolean => asked.query.has('partNumber');
const isComplete = (asked: Asked): boolean => asked.method === 'POST' && asked.query.has('uploadId');
const large = noise(40);

storeContract(
  'S3 double',
  async () => () => s3Store({ bucket: 'bucket', prefix: 'a/prefix', endpoint: fake.url }),
);
storeContract('S3 double that compares ETags without quotes', async () => () => {
  fake.quirks = { ifMatch: 'bare', completeIfNoneMatch: 'ignored' };
  return s3Store({ bucket: 'bucket', endpoint: fake.url });
});

describe('what is sent', () => {
  test('below the prefix, with headers, digest and checksum, once only', async () => {
    const store = await open();
    await store.create('1.root.json', bodyOf('{}'), JSON_ONCE);
    const put = fake.asked.find(isPut);
    expect(put?.path).toBe('bucket/ota/1.root.json');
    expect(put?.headers).toMatchObject({
      'if-none-match': '*',
      'content-type': 'application/json',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-amz-meta-sha256': bodyOf('{}').sha256,
      'x-amz-checksum-sha256': Buffer.from(bodyOf('{}').sha256, 'hex').toString('base64'),
      'x-amz-content-sha256': bodyOf('{}').sha256,
    });
    await store.replace('timestamp.json', utf8('{}'), undefined, JSON_LIVE);
    expect(fake.asked.findLast(isPut)?.headers).toMatchObject({ 'cache-control': 'no-cache' });
    expect((await store.stat('1.root.json'))?.sha256).toBe(bodyOf('{}').sha256);
  });

  test('a large object carries headers and digest, each part its checksum, and is put together only if absent', async () => {
    const store = await open();
    expect(await store.create('big', large, JSON_ONCE)).toBe('created');
    expect(fake.asked.find(({ query }) => query.has('uploads'))?.headers).toMatchObject({
      'cache-control': JSON_ONCE.cacheControl,
      'x-amz-meta-sha256': large.sha256,
      'x-amz-checksum-algorithm': 'SHA256',
    });
    const parts = fake.asked.filter(isPart);
    expect(parts.map(({ body }) => body.length / 2 ** 20).toSorted()).toEqual([8, 8, 8, 8, 8]);
    for (const part of parts) expect(part.headers['x-amz-checksum-sha256']).toBeDefined();
    expect(fake.asked.find(isComplete)?.headers['if-none-match']).toBe('*');
    expect(fake.uploads.size).toBe(0);
  });

  test('reading asks for nothing else and probes nothing', async () => {
    const store = await open();
    await store.read('timestamp.json', 100);
    await store.stat('timestamp.json');
    expect(fake.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET bucket/ota/timestamp.json',
      'HEAD bucket/ota/timestamp.json',
    ]);
  });
});

describe('the probe', () => {
  test('runs once, at the first write, and leaves nothing', async () => {
    const store = await open();
    await Promise.all([1, 2, 3].map((n) => store.create(`${n}.json`, bodyOf('x'), JSON_ONCE)));
    expect(new Set(fake.asked.filter(isProbe).map(({ path }) => path)).size).toBe(1);
    expect(fake.asked.filter(isProbe)).toHaveLength(5);
    expect([...fake.objects.keys()].filter((key) => key.includes('.ota-probe'))).toEqual([]);
    expect(await store.abilities()).toEqual({ createOnce: true, ifMatch: 'quoted', checksum: true });
  });

  test.each<[string, Quirks, object]>([
    ['ETags without quotes', { ifMatch: 'bare' }, { createOnce: true, ifMatch: 'bare', checksum: true }],
    [
      'no checksum header',
      { checksum: 'unsupported' },
      { createOnce: true, ifMatch: 'quoted', checksum: false },
    ],
  ])('a store with %s is used', async (_, quirks, abilities) => {
    const store = await open(quirks);
    expect(await store.create('k', bodyOf('x'), JSON_ONCE)).toBe('created');
    expect(await store.create('k', bodyOf('y'), JSON_ONCE)).toBe('exists');
    expect(await store.replace('k', utf8('z'), await tokenOf(store, 'k'), JSON_LIVE)).toBe('replaced');
    expect(await store.create('big', large, JSON_ONCE)).toBe('created');
    expect(await store.abilities()).toEqual(abilities);
  });

  test.each<[string, Quirks]>([
    ['ignores If-None-Match', { ifNoneMatch: 'ignored' }],
    ['answers 501 to If-None-Match', { ifNoneMatch: 'unsupported' }],
    ['ignores If-Match', { ifMatch: 'ignored' }],
    ['ignores both', { ifNoneMatch: 'ignored', ifMatch: 'ignored' }],
  ])('a store that %s is refused, unless there is a single writer', async (_, quirks) => {
    const unsafe = await open(quirks);
    const refused = { code: 'store-unsafe', exitCode: 6, hint: expect.stringContaining('--single-writer') };
    await expect(unsafe.create('k', bodyOf('x'), JSON_ONCE)).rejects.toMatchObject(refused);
    await expect(unsafe.replace('k', utf8('x'), undefined, JSON_LIVE)).rejects.toMatchObject(refused);
    expect(await keysOf(unsafe)).toEqual([]);

    const single = await open({ ...quirks, completeIfNoneMatch: quirks.ifNoneMatch ?? 'ignored' }, true);
    expect(await single.create('k', bodyOf('x'), JSON_ONCE)).toBe('created');
    expect(await single.create('k', bodyOf('y'), JSON_ONCE)).toBe('exists');
    const token = await tokenOf(single, 'k');
    expect(await single.replace('k', utf8('y'), token, JSON_LIVE)).toBe('replaced');
    expect(await single.replace('k', utf8('z'), token, JSON_LIVE)).toBe('conflict');
    expect(await textOf(single, 'k')).toBe('y');
    expect(await single.create('big', large, JSON_ONCE)).toBe('created');
    expect(await single.create('big', large, JSON_ONCE)).toBe('exists');
  });

  test('one that failed is tried again by the next write', async () => {
    const store = await open();
    fake.fault = fail(isProbe, s3Fault(403, 'AccessDenied'));
    await expect(store.create('k', bodyOf('x'), JSON_ONCE)).rejects.toMatchObject({ code: 'store-refused' });
    fake.fault = () => undefined;
    expect(await store.create('k', bodyOf('x'), JSON_ONCE)).toBe('created');
  });
});

describe('answers', () => {
  test.each([
    [403, 'SignatureDoesNotMatch', 'store-refused'],
    [403, 'InvalidAccessKeyId', 'store-refused'],
    [403, 'RequestTimeTooSkewed', 'store-refused'],
    [400, 'ExpiredToken', 'store-refused'],
    [403, 'SomethingElse', 'store-refused'],
    [401, 'Unauthorized', 'store-refused'],
    [404, 'NoSuchBucket', 'store-missing'],
    [301, 'PermanentRedirect', 'store-refused'],
    [500, 'InternalError', 'store-failed'],
    [503, 'SlowDown', 'store-failed'],
    [501, 'NotImplemented', 'store-unsafe'],
    [400, 'InvalidArgument', 'store-failed'],
  ])(
    '%i %s is %s, to every request',
    async (status, code, expected) => {
      const store = await open();
      await store.create('there', bodyOf('x'), JSON_ONCE);
      fake.fault = () => s3Fault(status, code);
      const refused = { code: expected, where: expect.stringContaining('s3://bucket/ota') };
      await expect(store.read('k', 10)).rejects.toMatchObject(refused);
      // Each of these is tried three times, with the client's own pauses between.
      if (status === 503) return;
      await expect(store.stream('k')).rejects.toMatchObject(refused);
      await expect(keysOf(store)).rejects.toMatchObject(refused);
      await expect(store.create('k', bodyOf('x'), JSON_ONCE)).rejects.toMatchObject(refused);
      await expect(store.replace('k', utf8('x'), '"token"', JSON_LIVE)).rejects.toMatchObject(refused);
      // HEAD says no more than 404, and so does not tell a missing bucket from a missing object.
      if (status !== 404) await expect(store.stat('k')).rejects.toMatchObject(refused);
    },
    60_000,
  );

  test('403 AccessDenied is a missing object to a reader, a refusal to a writer', async () => {
    const store = await open();
    await store.create('there', bodyOf('x'), JSON_ONCE);
    fake.fault = () => s3Fault(403, 'AccessDenied');
    expect(await store.read('k', 10)).toBeUndefined();
    expect(await store.stream('k')).toBeUndefined();
    expect(await store.stat('k')).toBeUndefined();
    await expect(store.create('k', bodyOf('x'), JSON_ONCE)).rejects.toMatchObject({ code: 'store-refused' });
    await expect(store.delete('k')).rejects.toMatchObject({ code: 'store-refused' });
    await expect(keysOf(store)).rejects.toMatchObject({ code: 'store-refused' });
  });

  test('409 is tried again, and ends in the answer that follows or in a conflict', async () => {
    const store = await open();
    const conflict = s3Fault(409, 'ConditionalRequestConflict');
    fake.fault = fail(isPut, conflict, 2);
    expect(await store.create('k', bodyOf('x'), JSON_ONCE)).toBe('created');
    fake.fault = fail(isPut, conflict, 1);
    expect(await store.create('k', bodyOf('y'), JSON_ONCE)).toBe('exists');
    const before = fake.asked.length;
    fake.fault = fail(isPut, conflict);
    await expect(store.create('l', bodyOf('x'), JSON_ONCE)).rejects.toMatchObject({ code: 'store-conflict' });
    expect(fake.asked.length - before).toBe(6);
  }, 60_000);

  test('a page of another kind of server is said so', async () => {
    const store = await open();
    fake.fault = () => ({
      status: 400,
      headers: { 'content-type': 'text/html' },
      body: '<html><p>hello</html>',
    });
    await expect(store.read('k', 10)).rejects.toMatchObject({
      code: 'store-failed',
      hint: expect.stringContaining('S3'),
    });
  });

  test('no secret is in any message', async () => {
    const store = await open();
    fake.fault = () => s3Fault(403, 'SignatureDoesNotMatch');
    const error = await store.read('k', 10).catch((reason: Error) => reason);
    expect(JSON.stringify([error, String(error)])).not.toMatch(/testsecret|testkey/);
  });
});

describe('lost answers', () => {
  test('a create whose answer was lost is created', async () => {
    const store = await open();
    await store.abilities();
    fake.fault = fail(isPut, 'lose', 1);
    expect(await store.create('k', bodyOf('x'), JSON_ONCE)).toBe('created');
    expect(fake.asked.filter(isPut)).toHaveLength(2);
  });

  test('a replacement whose answer was lost is replaced', async () => {
    const store = await open();
    await store.replace('t', utf8('one'), undefined, JSON_LIVE);
    const token = await tokenOf(store, 't');
    fake.fault = fail(isPut, 'lose', 1);
    expect(await store.replace('t', utf8('two'), token, JSON_LIVE)).toBe('replaced');
    expect(await textOf(store, 't')).toBe('two');
  });

  test('one that someone else made in between is a conflict', async () => {
    const store = await open();
    await store.replace('t', utf8('one'), undefined, JSON_LIVE);
    const token = await tokenOf(store, 't');
    const theirs = await s3Store({ bucket: 'bucket', prefix: 'ota', endpoint: fake.url });
    await theirs.replace('t', utf8('theirs'), token, JSON_LIVE);
    fake.fault = fail(isPut, 'drop', 1);
    expect(await store.replace('t', utf8('mine'), token, JSON_LIVE)).toBe('conflict');
  });

  test('Complete whose answer was lost, then NoSuchUpload: the object decides', async () => {
    const store = await open();
    fake.fault = fail(isComplete, 'lose', 1);
    expect(await store.create('big', large, JSON_ONCE)).toBe('created');
    expect(fake.asked.filter(isComplete)).toHaveLength(2);
  });
});

describe('large objects', () => {
  const noUploads = () => expect(fake.uploads.size).toBe(0);

  test.each([
    ['', 'at its end'],
    ['\n', 'with a line after it'],
  ])(
    'Complete that answers 200 with an error (%j) is a failure',
    async (tail) => {
      const store = await open();
      const { body } = s3Fault(500, 'InternalError');
      fake.fault = fail(isComplete, { status: 200, body: `${body}${tail}` });
      await expect(store.create('big', large, JSON_ONCE)).rejects.toMatchObject({ code: 'store-failed' });
      expect(await store.stat('big')).toBeUndefined();
      noUploads();
    },
    60_000,
  );

  test('a part that arrives with other bytes is refused by its checksum, and nothing is left', async () => {
    const store = await open();
    fake.fault = (asked) => {
      if (isPart(asked)) asked.body.writeUInt8(asked.body.readUInt8(7) ^ 1, 7);
      return undefined;
    };
    await expect(store.create('big', large, JSON_ONCE)).rejects.toMatchObject({ code: 'store-failed' });
    noUploads();
    expect(fake.objects.size).toBe(0);
  });

  test('a part that fails for good stops the others, and nothing is left', async () => {
    const store = await open();
    fake.fault = fail((asked) => asked.query.get('partNumber') === '2', s3Fault(403, 'ExpiredToken'));
    await expect(store.create('big', large, JSON_ONCE)).rejects.toMatchObject({ code: 'store-refused' });
    expect(fake.asked.some(isComplete)).toBe(false);
    noUploads();
  });

  test('a part whose connection is cut is sent again', async () => {
    const store = await open();
    fake.fault = fail(isPart, 'drop', 2);
    expect(await store.create('big', large, JSON_ONCE)).toBe('created');
  });

  test('the digest of the whole is checked before anything is put together', async () => {
    const store = await open();
    const changed = { ...large, open: noise(41).open, length: 41 * 2 ** 20 };
    await expect(store.create('big', changed, JSON_ONCE)).rejects.toMatchObject({ code: 'input-changed' });
    expect(fake.asked.some(isComplete)).toBe(false);
    noUploads();
  });

  test('what a killed process left is cleared by the next, also when the object is there already', async () => {
    const store = await open();
    const leave = (key: string) =>
      fake.uploads.set(key, { path: `bucket/ota/${key}`, headers: {}, parts: new Map() });
    leave('big');
    leave('big2');
    await store.create('big', large, JSON_ONCE);
    expect([...fake.uploads.keys()]).toEqual(['big2']);
    leave('big');
    expect(await store.create('big', large, JSON_ONCE)).toBe('exists');
    expect([...fake.uploads.keys()]).toEqual(['big2']);
  });

  test('what killed processes left is listed with its age, and aborted one by one', async () => {
    const store = await open();
    for (const key of ['big', 'other']) {
      fake.uploads.set(key, { path: `bucket/ota/${key}`, headers: {}, parts: new Map() });
    }
    fake.uploads.set('beside', { path: 'bucket/beside', headers: {}, parts: new Map() });
    const found = [];
    for await (const upload of store.unfinished()) found.push(upload);
    expect(found.map(({ key }) => key)).toEqual(['big', 'other']);
    expect(found[0]?.started).toBe(Date.parse('2026-01-02T03:04:05Z') / 1000);
    await found[0]?.remove();
    await found[0]?.remove();
    expect([...fake.uploads.values()].map(({ path }) => path)).toEqual(['bucket/ota/other', 'bucket/beside']);
  });

  test('someone else who stores it first wins, wherever that is noticed', async () => {
    const store = await open();
    const theirs = { bytes: Buffer.from('theirs'), etag: '"x"', headers: {} };
    const when =
      (kind: (asked: Asked) => boolean, clear: boolean): Fault =>
      (asked) => {
        if (!kind(asked)) return undefined;
        fake.objects.set(asked.path, theirs);
        if (clear) fake.uploads.clear();
        return undefined;
      };
    fake.fault = when(isComplete, false);
    expect(await store.create('a', large, JSON_ONCE)).toBe('exists');
    noUploads();
    fake.fault = when(isPart, true);
    expect(await store.create('b', large, JSON_ONCE)).toBe('exists');
    noUploads();
    expect(fake.objects.get('bucket/ota/b')).toBe(theirs);
  });

  test('not being allowed to look for what others left is no failure', async () => {
    const store = await open();
    fake.fault = fail((asked) => isGet(asked) && asked.query.has('uploads'), s3Fault(403, 'AccessDenied'));
    expect(await store.create('big', large, JSON_ONCE)).toBe('created');
  });
});

describe('what cannot be reached or used', () => {
  test('a port where nothing listens fails soon', async () => {
    const { url } = fake;
    await fake.close();
    fake = await FakeS3.start();
    const store = await s3Store({ bucket: 'bucket', endpoint: url });
    const started = Date.now();
    const unreachable = { code: 'store-unreachable', exitCode: 6, hint: expect.stringContaining('endpoint') };
    await expect(store.read('k', 10)).rejects.toMatchObject(unreachable);
    await expect(store.stat('k')).rejects.toMatchObject(unreachable);
    expect(Date.now() - started).toBeLessThan(10_000);
  });

  test('a host name that does not exist', async () => {
    const store = await s3Store({ bucket: 'bucket', endpoint: 'http://nowhere.invalid' });
    await expect(store.read('k', 10)).rejects.toMatchObject({ code: 'store-unreachable' });
  }, 30_000);

  test('a server that cuts every connection', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket.destroy()));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const store = await s3Store({
      bucket: 'bucket',
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    });
    await expect(store.read('k', 10)).rejects.toMatchObject({ code: 'store-unreachable' });
    await new Promise((done) => server.close(done));
    expect(sockets.length).toBe(3);
  });

  test('a stream that is cut half way', async () => {
    const store = await open();
    fake.fault = () => ({ status: 200, headers: { 'content-length': '100' }, body: 'half' });
    const pieces = await store.stream('k');
    const readAll = async () => {
      for await (const piece of pieces ?? []) if (piece.length > 0) void fake.close();
    };
    await expect(readAll()).rejects.toMatchObject({ code: 'store-unreachable' });
    fake = await FakeS3.start();
  });

  test('without credentials, says which to set', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    try {
      const store = await open();
      await expect(store.read('k', 10)).rejects.toMatchObject({
        code: 'store-refused',
        hint: expect.stringMatching(/AWS_ACCESS_KEY_ID.*AWS_PROFILE/),
      });
    } finally {
      vi.stubEnv('AWS_ACCESS_KEY_ID', 'testkey');
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'testsecret');
    }
  });

  test('without a region Amazon’s store is refused, another one is used', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
    await expect(s3Store({ bucket: 'bucket' })).rejects.toMatchObject({
      code: 'store-refused',
      hint: expect.stringContaining('AWS_REGION'),
    });
    const store = await open();
    await store.read('k', 10);
    expect(fake.asked[0]?.headers.authorization).toContain('/us-east-1/s3/');
  });

  test.each([
    { bucket: 'no/bucket' },
    { bucket: '' },
    { bucket: 'bucket', endpoint: 'ftp://x' },
    { bucket: 'bucket', endpoint: 'http://user:secret@x' },
    { bucket: 'bucket', endpoint: 'x' },
  ])('%j is wrong usage', async (options) => {
    const error = await s3Store(options).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'usage-flag' });
    expect(String(error)).not.toContain('secret');
  });

  test('a prefix that leads elsewhere is refused', async () => {
    await expect(s3Store({ bucket: 'bucket', prefix: '../x' })).rejects.toMatchObject({
      code: 'name-invalid',
    });
  });
});
