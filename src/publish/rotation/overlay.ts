import { sha256 } from '../../core/digest.ts';
import type { ReadStore } from '../../storage/store.ts';

/** A store as it will be once these objects are written, to be read before any is. */
export function overlay(store: ReadStore, objects: ReadonlyMap<string, Uint8Array>): ReadStore {
  return {
    url: store.url,
    read: async (key, maxBytes) => {
      const bytes = objects.get(key);
      return bytes ? { bytes, token: sha256(bytes) } : store.read(key, maxBytes);
    },
    stat: async (key) => {
      const bytes = objects.get(key);
      return bytes ? { length: bytes.length, sha256: sha256(bytes) } : store.stat(key);
    },
    stream: async (key) => {
      const bytes = objects.get(key);
      return bytes ? once(bytes) : store.stream(key);
    },
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
