import { setTimeout as sleep } from 'node:timers/promises';
import { equalBytes } from '../core/bytes.ts';
import { type Digest, Hasher, type Sealed, sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { MAX_BYTES } from '../device/client/fetch.ts';
import { headersOf, TIMESTAMP_KEY } from '../repository/layout.ts';
import { committing } from '../storage/commit.ts';
import type { Body, Store, Token } from '../storage/store.ts';
import { Overtaken } from './rebase.ts';

/** An object to be in the store: written once, under a name that holds its digest. */
export interface Upload {
  readonly key: string;
  readonly body: Body;
}

export interface MetadataFile {
  readonly key: string;
  readonly sealed: Sealed;
}

/** How often the timestamp is looked at after it was replaced, until the store serves it. */
const LOOKS = 5;

export type UploadStatus = 'uploaded' | 'copied' | 'present';

/**
 * Puts one target into the store, or finds it there.
 *
 * @throws OtaError `store-mismatch` when its name is taken by other bytes; what the store throws
 */
export async function upload(store: Store, { key, body }: Upload): Promise<UploadStatus> {
  if ((await store.create(key, body, headersOf(key))) === 'created') return 'uploaded';
  if (await holds(store, key, body)) return 'present';
  throw mismatch(store, key);
}

/**
 * Copies one target from another object of the store, or finds it there.
 *
 * @returns `undefined` where the other object is not what it should be, or cannot be copied: nothing was done then
 * @throws OtaError as `upload`
 */
export async function copy(
  store: Store,
  { key, from, body }: Upload & { readonly from: string },
): Promise<UploadStatus | undefined> {
  const outcome = (await store.copyFrom?.(from, key, body, headersOf(key))) ?? 'unfit';
  if (outcome === 'created') return 'copied';
  if (outcome === 'unfit') return undefined;
  if (await holds(store, key, body)) return 'present';
  throw mismatch(store, key);
}

/**
 * Writes a metadata file that must not exist with other bytes; the same bytes are what an earlier run left.
 *
 * @throws Overtaken
 */
export async function createMetadata(store: Store, { key, sealed }: MetadataFile): Promise<void> {
  const body: Body = { ...digestOf(sealed), open: () => once(sealed.bytes) };
  if ((await store.create(key, body, headersOf(key))) === 'created') return;
  const found = await store.stat(key);
  if (!found || !(await matches(store, key, found, sealed)))
    throw new Overtaken(store.url, key, { stale: !found });
}

/**
 * The one commit point: the timestamp is replaced only while it is the one that this publish started from. One that is
 * these very bytes already is an earlier attempt of this publish, whose answer was lost.
 *
 * @throws Overtaken; OtaError `store-stale` when it is done, but the store goes on serving the one before
 */
export function commitTimestamp(store: Store, sealed: Sealed, token: Token | undefined): Promise<void> {
  return committing(
    () => commit(store, sealed, token),
    async () => {
      const found = await store.read(TIMESTAMP_KEY, MAX_BYTES.timestamp);
      if (found && equalBytes(found.bytes, sealed.bytes)) return 'published';
      return found?.token === token ? 'not-published' : 'unknown';
    },
  );
}

async function commit(store: Store, sealed: Sealed, token: Token | undefined): Promise<void> {
  const outcome = await store.replace(TIMESTAMP_KEY, sealed.bytes, token, headersOf(TIMESTAMP_KEY));
  if (outcome === 'replaced') return readBack(store, token);
  const found = await store.read(TIMESTAMP_KEY, MAX_BYTES.timestamp);
  if (found && equalBytes(found.bytes, sealed.bytes)) return;
  throw new Overtaken(store.url, TIMESTAMP_KEY, { stale: found?.token === token });
}

/** Looks at the timestamp as devices will; that of another publisher, who built on this one, is as good. */
async function readBack(store: Store, before: Token | undefined): Promise<void> {
  for (let looked = 1; ; looked += 1) {
    const found = await store.read(TIMESTAMP_KEY, MAX_BYTES.timestamp);
    if (found && found.token !== before) return;
    if (looked === LOOKS) throw stale(store);
    await sleep(200 * looked);
  }
}

/**
 * Whether the store holds an object with these bytes.
 *
 * @throws OtaError `store-mismatch` when its name is taken by other bytes
 */
export async function isPresent(store: Store, key: string, expected: Digest): Promise<boolean> {
  const found = await store.stat(key);
  if (!found) return false;
  if (await matches(store, key, found, expected)) return true;
  throw mismatch(store, key);
}

async function holds(store: Store, key: string, expected: Digest): Promise<boolean> {
  const found = await store.stat(key);
  return found !== undefined && matches(store, key, found, expected);
}

/** Whether an object has these bytes: by the digest that the store remembers, else by reading them (attack row 45). */
async function matches(
  store: Store,
  key: string,
  found: Partial<Digest>,
  expected: Digest,
): Promise<boolean> {
  if (found.length !== expected.length) return false;
  if (found.sha256 !== undefined) return found.sha256 === expected.sha256;
  const hasher = new Hasher();
  for await (const piece of (await store.stream(key)) ?? []) hasher.update(piece);
  return sameDigest(hasher.digest(), expected);
}

const digestOf = ({ sha256, length }: Digest): Digest => ({ sha256, length });

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const stale = (store: Store): OtaError =>
  new OtaError('store-stale', `${TIMESTAMP_KEY} was replaced, but the store still serves the one before`, {
    where: store.url,
    hint: 'All of it is stored, but devices do not see it yet. Run the same command again in a while; then it has nothing to do.',
  });

const mismatch = (store: Store, key: string): OtaError =>
  new OtaError('store-mismatch', `${key} is in the store already, with other bytes`, {
    where: `${store.url}/${key}`,
    hint: 'Something else wrote to the store or damaged it: find out what, then remove that object and publish again.',
  });
