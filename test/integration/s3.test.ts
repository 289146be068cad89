import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { S3 } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { EtagHasher } from '../../src/core/etag.ts';
import { type S3Store, s3Store } from '../../src/storage/s3.ts';
import {
  bodyOf,
  JSON_LIVE,
  JSON_ONCE,
  keysOf,
  noise,
  storeContract,
  textOf,
  tokenOf,
} from '../unit/storage/contract.ts';

const ceph = inject('ceph');
const endpoint = ceph?.endpoint ?? '';
const bucket = 'ota-test';

describe.skipIf(ceph === null)('Ceph', () => {
  let admin: S3;
  beforeAll(async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', ceph?.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', ceph?.secretAccessKey);
    admin = new S3({ endpoint, region: 'us-east-1', forcePathStyle: true });
    await admin.createBucket({ Bucket: bucket });
    await admin.createBucket({ Bucket: `${bucket}-versions` });
    await admin.putBucketVersioning({
      Bucket: `${bucket}-versions`,
      VersioningConfiguration: { Status: 'Enabled' },
    });
  });
  afterAll(() => {
    admin.destroy();
    vi.unstubAllEnvs();
  });

  const open = (prefix: string = randomUUID()): Promise<S3Store> => s3Store({ bucket, prefix, endpoint });
  const uploads = async (prefix: string): Promise<number> =>
    (await admin.listMultipartUploads({ Bucket: bucket, Prefix: prefix })).Uploads?.length ?? 0;

  storeContract('S3 on Ceph', async () => {
    const prefix = `contract/${randomUUID()}`;
    return () => open(prefix);
  });

  test('what the probe finds, and that it leaves nothing', async () => {
    const prefix = randomUUID();
    const abilities = await (await open(prefix)).abilities();
    expect(abilities).toMatchObject({ createOnce: true, checksum: true });
    // Before 20 Ceph compares If-Match with the ETag without its quotes.
    expect(['quoted', 'bare']).toContain(abilities.ifMatch);
    console.info(`this Ceph: ${JSON.stringify(abilities)}`);
    expect((await admin.listObjectsV2({ Bucket: bucket, Prefix: prefix })).KeyCount).toBe(0);
  });

  test('headers and digest are stored, of small and large objects', async () => {
    const prefix = randomUUID();
    const store = await open(prefix);
    const large = noise(20);
    await store.create('1.root.json', bodyOf('{}'), JSON_ONCE);
    await store.create('image', large, { ...JSON_ONCE, contentType: 'application/octet-stream' });
    await store.replace('timestamp.json', utf8('{}'), undefined, JSON_LIVE);
    const head = (key: string) => admin.headObject({ Bucket: bucket, Key: `${prefix}/${key}` });
    expect(await head('1.root.json')).toMatchObject({
      ContentType: 'application/json',
      CacheControl: 'public, max-age=31536000, immutable',
      Metadata: { sha256: bodyOf('{}').sha256 },
    });
    expect(await head('image')).toMatchObject({
      ContentType: 'application/octet-stream',
      ContentLength: large.length,
      Metadata: { sha256: large.sha256 },
    });
    expect(await head('timestamp.json')).toMatchObject({ CacheControl: 'no-cache' });
    expect(await store.stat('image')).toEqual({ length: large.length, sha256: large.sha256 });
  });

  test.each([
    ['a small object', 1],
    ['a large object', 17],
  ])(
    '%s is copied by its ETag alone, and so is the copy; one that was swapped is not',
    async (_, mebibytes) => {
      const store = await open();
      const body = noise(mebibytes);
      await store.create('from', body, JSON_ONCE);
      const hasher = new EtagHasher();
      for await (const piece of body.open()) hasher.update(piece);
      const unread = () => {
        throw new Error('the bytes here were read');
      };
      const known = { ...body, etag: hasher.etag(), open: unread };
      expect(await store.copyFrom?.('from', 'to', known, JSON_ONCE)).toBe('created');
      expect(await store.copyFrom?.('to', 'third', known, JSON_ONCE)).toBe('created');
      expect(await store.stat('third')).toMatchObject({ sha256: body.sha256, length: body.length });
      await store.delete('from');
      await store.create('from', noise(mebibytes, 1), JSON_ONCE);
      expect(await store.copyFrom?.('from', 'fourth', known, JSON_ONCE)).toBe('unfit');
    },
  );

  test('more objects than fit a page of a listing', async () => {
    const store = await open();
    const keys = Array.from({ length: 1_050 }, (_, index) => `o/${String(index).padStart(5, '0')}`);
    await store.abilities();
    for (let at = 0; at < keys.length; at += 50) {
      await Promise.all(keys.slice(at, at + 50).map((key) => store.create(key, bodyOf(key), JSON_ONCE)));
    }
    expect(await keysOf(store)).toEqual(keys);
  });

  test('a bucket that does not exist', async () => {
    const store = await s3Store({ bucket: 'no-such-bucket', endpoint });
    const missing = { code: 'store-missing', exitCode: 6 };
    await expect(store.read('k', 10)).rejects.toMatchObject(missing);
    await expect(keysOf(store)).rejects.toMatchObject(missing);
    await expect(store.create('k', bodyOf('x'), JSON_ONCE)).rejects.toMatchObject(missing);
  });

  test.each([
    ['a wrong secret', 'testkey', 'wrong'],
    ['an unknown key', 'nobody', 'testsecret'],
  ])('%s is refused, not taken for a missing object', async (_, key, secret) => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', key);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', secret);
    try {
      const store = await open();
      const refused = { code: 'store-refused', exitCode: 6 };
      await expect(store.read('k', 10)).rejects.toMatchObject(refused);
      await expect(store.stat('k')).rejects.toMatchObject(refused);
      await expect(store.create('k', bodyOf('x'), JSON_ONCE)).rejects.toMatchObject(refused);
    } finally {
      vi.stubEnv('AWS_ACCESS_KEY_ID', ceph?.accessKeyId);
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', ceph?.secretAccessKey);
    }
  });

  test('a bucket where an old object survives every write is refused or safe, never silently unsafe', async () => {
    const store = await s3Store({ bucket: `${bucket}-versions`, endpoint });
    const { createOnce } = await store.abilities();
    console.info(`this Ceph in a versioned bucket: ${JSON.stringify(await store.abilities())}`);
    const first = await store
      .create('k', bodyOf('one'), JSON_ONCE)
      .catch((error: { code: string }) => error.code);
    const second = await store
      .create('k', bodyOf('two'), JSON_ONCE)
      .catch((error: { code: string }) => error.code);
    expect([first, second]).toEqual(createOnce ? ['created', 'exists'] : ['store-unsafe', 'store-unsafe']);
  });

  test('a failed large object leaves no upload', async () => {
    const prefix = randomUUID();
    const store = await open(prefix);
    const wrong = { ...noise(40), open: noise(39).open };
    await expect(store.create('big', wrong, JSON_ONCE)).rejects.toMatchObject({ code: 'input-changed' });
    expect(await uploads(prefix)).toBe(0);
  });

  test('two that store the same large object at once both end well, and its bytes are whole', async () => {
    const prefix = randomUUID();
    const [a, b] = await Promise.all([open(prefix), open(prefix)]);
    const large = noise(40);
    const results = await Promise.all([a.create('big', large, JSON_ONCE), b.create('big', large, JSON_ONCE)]);
    expect(results).toContain('created');
    expect(await a.stat('big')).toEqual({ length: large.length, sha256: large.sha256 });
    expect(await uploads(prefix)).toBe(0);
  });

  describe('a process of its own', () => {
    const children: ChildProcess[] = [];
    afterAll(() => {
      for (const child of children) child.kill('SIGKILL');
    });
    const start = (...args: string[]): ChildProcess => {
      const script = fileURLToPath(new URL('./upload.ts', import.meta.url));
      const child = spawn(process.execPath, ['--import', 'tsx', script, endpoint, bucket, ...args], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(child);
      return child;
    };

    test('killed in the middle of a large object: none is there, the next run stores it and nothing leaks', async () => {
      const prefix = randomUUID();
      const child = start(prefix, '100', 'slow');
      while ((await uploads(prefix)) === 0) await new Promise((done) => setTimeout(done, 50));
      await new Promise((done) => setTimeout(done, 500));
      child.kill('SIGKILL');
      await once(child, 'exit');
      const store = await open(prefix);
      expect(await store.stat('big')).toBeUndefined();
      expect(await uploads(prefix)).toBe(1);
      const large = noise(100);
      expect(await store.create('big', large, JSON_ONCE)).toBe('created');
      expect(await store.stat('big')).toEqual({ length: large.length, sha256: large.sha256 });
      expect(await uploads(prefix)).toBe(0);
    });

    test('600 MiB go up in less than 300 MiB of memory', async () => {
      const child = start(randomUUID(), '600', 'fast');
      let text = '';
      child.stdout?.on('data', (piece: Buffer) => {
        text += piece;
      });
      await once(child, 'close');
      const { result, peak, before, seconds } = JSON.parse(text) as Record<string, number | string>;
      console.info(`600 MiB in ${seconds} s; peak ${peak} MiB, ${before} MiB of it before the upload`);
      expect(result).toBe('created');
      expect(Number(peak)).toBeLessThan(300);
      expect(Number(peak) - Number(before)).toBeLessThan(150);
    });
  });

  test('a timestamp that is replaced by one of two is not lost', async () => {
    const prefix = randomUUID();
    const [a, b] = await Promise.all([open(prefix), open(prefix)]);
    await a.replace('timestamp.json', utf8('1'), undefined, JSON_LIVE);
    const token = await tokenOf(b, 'timestamp.json');
    expect(await a.replace('timestamp.json', utf8('2 of a'), token, JSON_LIVE)).toBe('replaced');
    expect(await b.replace('timestamp.json', utf8('2 of b'), token, JSON_LIVE)).toBe('conflict');
    expect(await textOf(b, 'timestamp.json')).toBe('2 of a');
  });
});
