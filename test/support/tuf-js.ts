import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BaseFetcher, type TargetFile, Updater } from 'tuf-js';
import { DownloadHTTPError } from 'tuf-js/dist/error.js';
import { expect } from 'vitest';
import { sha256 } from '../../src/core/digest.ts';
import type { Seconds } from '../../src/core/time.ts';
import { TIMESTAMP_KEY } from '../../src/repository/layout.ts';
import type { ReadStore } from '../../src/storage/store.ts';
import { sharedFolder } from './folder.ts';
import { MemoryStore } from './memory-store.ts';

const BASE = 'http://store.invalid/';
const clients = sharedFolder();
let made = 0;
/** By store, a client that has been there since the store was first looked at, and the state that it took last. */
const followers = new WeakMap<ReadStore, { readonly folder: string; seen: string }>();

/**
 * Requires that tuf-js, unmodified, takes what a store holds: a client that starts from a root downloads every target that a role
 * lists, and one that has followed the store from state to state goes on.
 *
 * Asks no request of a store in memory, so that a test may count those of its own.
 */
export async function tufJsAccepts(store: ReadStore, rootBytes: Uint8Array, now: Seconds): Promise<void> {
  const state = store instanceof MemoryStore ? new MemoryStore(store.objects) : store;
  const timestamp = await state.read(TIMESTAMP_KEY, 2 ** 14);
  const seen = `${sha256(timestamp?.bytes ?? new Uint8Array())} at ${now}`;
  const follower = followers.get(store) ?? { folder: clientFolder(rootBytes), seen: '' };
  if (follower.seen === seen) return;
  followers.set(store, follower);
  follower.seen = seen;
  const fresh = clientFolder(rootBytes);
  for (const folder of [fresh, follower.folder]) {
    const updater = tufJs(state, folder, now);
    await updater.refresh();
    const listed = await listedTargets(state, folder);
    expect(listed.length).toBeGreaterThan(0);
    for (const [path, hashes] of listed) {
      const target = await found(updater, path);
      expect([path, target.hashes]).toEqual([path, hashes]);
      if (folder === fresh) await updater.downloadTarget(target);
    }
  }
}

/** tuf-js on a store in the place of a web server, at a time of the test's own. */
export function tufJs(store: ReadStore, folder: string, now: Seconds): Updater {
  const updater = new Updater({
    metadataDir: folder,
    metadataBaseUrl: `${BASE}metadata`,
    targetDir: folder,
    targetBaseUrl: `${BASE}targets`,
    fetcher: new StoreFetcher(store),
  });
  // It takes the time from the clock, once, when it is made.
  Object.assign(Reflect.get(updater, 'trustedSet'), { referenceTime: new Date(now * 1000) });
  return updater;
}

/** A folder of a client that trusts a root and knows nothing else. */
export function clientFolder(rootBytes: Uint8Array): string {
  made += 1;
  const folder = join(clients, `tuf-js-${made}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'root.json'), rootBytes);
  return folder;
}

class StoreFetcher extends BaseFetcher {
  readonly #store: ReadStore;

  constructor(store: ReadStore) {
    super();
    this.#store = store;
  }

  override async fetch(url: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const pieces = await this.#store.stream(decodeURIComponent(url.slice(BASE.length)));
    if (!pieces) throw new DownloadHTTPError(`no ${url}`, 404);
    return new ReadableStream({
      start: async (stream) => {
        for await (const piece of pieces) stream.enqueue(Uint8Array.from(piece));
        stream.close();
      },
    });
  }
}

interface Role {
  readonly signed: {
    readonly meta: Readonly<Record<string, { readonly version: number }>>;
    readonly targets: Readonly<Record<string, { readonly hashes: TargetFile['hashes'] }>>;
  };
}

/** Every target of every role that the client's snapshot names. */
async function listedTargets(store: ReadStore, folder: string) {
  const snapshot: Role = JSON.parse(readFileSync(join(folder, 'snapshot.json'), 'utf8'));
  const roles = Object.entries(snapshot.signed.meta).map(async ([file, { version }]) => {
    const role = await store.read(`metadata/${version}.${file}`, 2 ** 24);
    const { signed }: Role = JSON.parse(Buffer.from(role?.bytes ?? []).toString());
    return Object.entries(signed.targets).map(([path, { hashes }]) => [path, hashes] as const);
  });
  return (await Promise.all(roles)).flat();
}

async function found(updater: Updater, path: string): Promise<TargetFile> {
  const target = await updater.getTargetInfo(path);
  return target ?? expect.fail(`tuf-js does not find ${path}`);
}
