/**
 * What a client remembers between runs, by name: `root.json`, `timestamp.json`, `snapshot.json`, `targets.json` and
 * `delegated.<role>.json`. The root in it is the anchor: a client without one trusts nothing.
 */
export interface ClientState {
  load(name: string): Promise<Uint8Array | undefined>;
  /** Replaces or adds these files, all of them or none, whatever happens in between. */
  commit(files: ReadonlyMap<string, Uint8Array>): Promise<void>;
}

export const ROOT_FILE = 'root.json';
export const TIMESTAMP_FILE = 'timestamp.json';
export const SNAPSHOT_FILE = 'snapshot.json';

/** The prefix keeps a role called `con` from naming a device on Windows. */
export const targetsFile = (role: string): string =>
  role === 'targets' ? 'targets.json' : `delegated.${role}.json`;

/** A state that lives as long as the process, pinned to a root. */
export function memoryState(rootBytes: Uint8Array): ClientState {
  const files = new Map([[ROOT_FILE, rootBytes]]);
  return {
    load: async (name) => files.get(name),
    commit: async (changes) => {
      for (const [name, bytes] of changes) files.set(name, bytes);
    },
  };
}
