import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';
import { sha256 } from '../../src/core/digest.ts';
import { headersOf } from '../../src/repository/layout.ts';
import { type S3Options, type S3Store, s3Store } from '../../src/storage/s3.ts';
import { FakeS3, type Quirks } from './fake-s3.ts';
import { MemoryStore } from './memory-store.ts';
import type { WritableStore } from './writable-store.ts';

const PLACE = 'bucket/ota/';

/** An S3 store on loopback for the tests of a file, emptied of faults after each. */
export function s3OfFaults() {
  let fake: FakeS3;
  let before: FakeS3['objects'] = new Map();
  beforeAll(async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'testkey');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'testsecret');
    vi.stubEnv('AWS_REGION', 'us-east-1');
    fake = await FakeS3.start();
  });
  afterEach(() => {
    fake.fault = () => undefined;
    fake.quirks = {};
    fake.skew = 0;
  });
  afterAll(async () => {
    await fake.close();
    vi.unstubAllEnvs();
  });
  return {
    get fake() {
      return fake;
    },
    /** Makes it hold what a store in memory does, and nothing else. */
    fill: (from: Pick<WritableStore, 'objects'>, quirks: Quirks = {}): void => {
      fake.fault = () => undefined;
      fake.quirks = quirks;
      fake.asked.length = 0;
      fake.uploads.clear();
      fake.objects.clear();
      for (const [key, bytes] of from.objects) {
        const { contentType, cacheControl } = headersOf(key);
        fake.objects.set(PLACE + key, {
          bytes: Buffer.from(bytes),
          etag: `"${createHash('md5').update(bytes).digest('hex')}"`,
          headers: {
            'content-type': contentType,
            'cache-control': cacheControl,
            'x-amz-meta-sha256': sha256(bytes),
          },
        });
      }
      before = new Map(fake.objects);
    },
    /** What it was filled with, by bucket and key. */
    get before() {
      return before;
    },
    /** A publisher's view of it, by HTTP. */
    open: (options: Partial<S3Options> = {}): Promise<S3Store> =>
      s3Store({ bucket: 'bucket', prefix: 'ota', endpoint: fake.url, ...options }),
    /** What it holds, for devices and for the test to look at. */
    held: (): MemoryStore =>
      new MemoryStore(
        [...fake.objects].flatMap(([key, { bytes }]) =>
          key.startsWith(PLACE) ? [[key.slice(PLACE.length), new Uint8Array(bytes)] as const] : [],
        ),
      ),
  };
}
