import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { seal } from '../../../src/core/digest.ts';
import { commitTimestamp, createMetadata, upload } from '../../../src/publish/objects.ts';
import { refusal } from '../../support/client.ts';
import { countedBody, WritableStore } from '../../support/writable-store.ts';

const KEY = 'targets/gateway/1.0.0/abc.radio';
const BYTES = utf8('the payload');

/** As the store gives an object's digest too, like one that remembers it. */
class RememberingStore extends WritableStore {
  override async stat(key: string) {
    const found = this.objects.get(key);
    return found && { length: found.length, sha256: seal(found).sha256 };
  }
}

describe('upload', () => {
  it('puts the object there with its headers', async () => {
    const store = new WritableStore();
    expect(await upload(store, { key: KEY, body: countedBody(BYTES) })).toBe('uploaded');
    expect(store.objects.get(KEY)).toEqual(Uint8Array.from(BYTES));
    expect(store.headers.get(KEY)).toEqual({
      contentType: 'application/octet-stream',
      cacheControl: 'public, max-age=31536000, immutable',
    });
  });

  it.each([
    ['remembers digests', new RememberingStore()],
    ['does not', new WritableStore()],
  ])('finds the same bytes, and only those, in a store that %s', async (_, store) => {
    const item = { key: KEY, body: countedBody(BYTES) };
    store.objects.set(KEY, BYTES);
    expect(await upload(store, item)).toBe('present');
    expect(item.body.opened).toBe(0);
    for (const other of ['the payloaD', 'the payload.', 'the payloa', '']) {
      store.objects.set(KEY, utf8(other));
      expect(await refusal(() => upload(store, item))).toMatchObject({
        code: 'store-mismatch',
        exitCode: 6,
      });
      expect(store.objects.get(KEY)).toEqual(utf8(other));
    }
  });

  it('reads back nothing where the store remembers', async () => {
    const store = new RememberingStore();
    store.objects.set(KEY, BYTES);
    await upload(store, { key: KEY, body: countedBody(BYTES) });
    expect(store.requests).toEqual([`create ${KEY}`]);
  });
});

describe('createMetadata', () => {
  const key = 'metadata/2.gateway.json';
  const sealed = seal(BYTES);

  it('creates it, and takes the same bytes for its own', async () => {
    const store = new WritableStore();
    await createMetadata(store, { key, sealed });
    await createMetadata(store, { key, sealed });
    expect(store.objects.get(key)).toEqual(Uint8Array.from(BYTES));
    expect(store.headers.get(key)?.contentType).toBe('application/json');
  });

  it.each(['the payloaD', 'longer than the payload is', 'short', ''])(
    'takes %j of another publisher for what it is, whatever its length',
    async (other) => {
      const store = new WritableStore();
      store.objects.set(key, utf8(other));
      expect(await refusal(() => createMetadata(store, { key, sealed }))).toMatchObject({
        code: 'store-conflict',
        exitCode: 6,
      });
      expect(store.objects.get(key)).toEqual(utf8(other));
    },
  );
});

describe('commitTimestamp', () => {
  const key = 'metadata/timestamp.json';
  const sealed = seal(BYTES);
  const tokenOf = async (store: WritableStore) => (await store.read(key, 1000))?.token;

  it('creates the first one and replaces the one that it knows', async () => {
    const store = new WritableStore();
    await commitTimestamp(store, seal(utf8('first')), undefined);
    expect(store.headers.get(key)).toEqual({ contentType: 'application/json', cacheControl: 'no-cache' });
    await commitTimestamp(store, sealed, await tokenOf(store));
    expect(store.objects.get(key)).toEqual(BYTES);
  });

  it.each([
    ['one where it knew none', undefined],
    ['another one than it knew', 'a token of old'],
  ])('refuses to replace %s', async (_, token) => {
    const store = new WritableStore();
    store.objects.set(key, utf8('another publisher’s'));
    expect((await refusal(() => commitTimestamp(store, sealed, token))).code).toBe('store-conflict');
    expect(store.objects.get(key)).toEqual(utf8('another publisher’s'));
  });

  it('knows its own when it was written before', async () => {
    const store = new WritableStore();
    store.objects.set(key, BYTES);
    await commitTimestamp(store, sealed, 'a token of old');
  });
});
