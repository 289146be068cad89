import type { ReadStore } from '../storage/store.ts';

/** A store of which each small object is asked for once: what was read stays in memory, and never changes meanwhile. */
export function remembered(store: ReadStore): ReadStore {
  const objects = new Map<string, ReturnType<ReadStore['read']>>();
  const streams = new Map<string, Promise<readonly Uint8Array[] | undefined>>();
  return {
    url: store.url,
    read: (key, maxBytes) => kept(objects, `${maxBytes} ${key}`, () => store.read(key, maxBytes)),
    stream: async (key) => {
      const pieces = await kept(streams, key, () => collected(store, key));
      return pieces && replayed(pieces);
    },
    stat: (key) => store.stat(key),
  };
}

/** What was made for a key once. */
export function kept<K, T>(made: Map<K, T>, key: K, make: () => T): T {
  const found = made.get(key);
  if (found !== undefined) return found;
  const fresh = make();
  made.set(key, fresh);
  return fresh;
}

export async function collected(store: ReadStore, key: string): Promise<readonly Uint8Array[] | undefined> {
  const stream = await store.stream(key);
  if (!stream) return undefined;
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return pieces;
}

export async function* replayed(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}
