import type { ReadStore, Store } from '../src/storage/store.ts';

/** What was asked of a store, and how many bytes went each way. */
export interface Counts {
  requests: number;
  read: number;
  written: number;
  /** Objects, 1,000 of which come with a request to S3; listing is not counted among the requests. */
  listed: number;
}

const none = (): Counts => ({ requests: 0, read: 0, written: 0, listed: 0 });

/** A store that counts; `take` gives what was counted since the last time. */
export function countingStore(store: Store): Store & { take(): Counts } {
  let counts = none();
  const read: ReadStore['read'] = async (key, maxBytes) => {
    counts.requests += 1;
    const found = await store.read(key, maxBytes);
    counts.read += found?.bytes.length ?? 0;
    return found;
  };
  return {
    url: store.url,
    read,
    stream: async (key) => {
      counts.requests += 1;
      const pieces = await store.stream(key);
      return pieces && counted(pieces, (length) => (counts.read += length));
    },
    stat: (key) => {
      counts.requests += 1;
      return store.stat(key);
    },
    unfinished: () => store.unfinished(),
    list: async function* (prefix) {
      for await (const object of store.list(prefix)) {
        counts.listed += 1;
        yield object;
      }
    },
    create: async (key, body, headers) => {
      counts.requests += 1;
      const outcome = await store.create(key, body, headers);
      if (outcome === 'created') counts.written += body.length;
      return outcome;
    },
    replace: (key, bytes, token, headers) => {
      counts.requests += 1;
      counts.written += bytes.length;
      return store.replace(key, bytes, token, headers);
    },
    delete: (key) => {
      counts.requests += 1;
      return store.delete(key);
    },
    take: () => {
      const taken = counts;
      counts = none();
      return taken;
    },
  };
}

async function* counted(pieces: AsyncIterable<Uint8Array>, count: (length: number) => void) {
  for await (const piece of pieces) {
    count(piece.length);
    yield piece;
  }
}
