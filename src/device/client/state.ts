import { encodedRole } from '../../repository/names.ts';

/**
 * What a client remembers between runs, by name: `root.json`, `timestamp.json`, `snapshot.json`, `targets.json`,
 * `delegated.<role>.json` and `medium.timestamp.json`. The root in it is the anchor: a client without one trusts nothing.
 */
export interface ClientState {
  load(name: string): Promise<Uint8Array | undefined>;
  /** Replaces or adds these files and forgets those that are `undefined`: all of it or nothing, whatever happens in between. */
  commit(changes: StateChanges): Promise<void>;
}

export type StateChanges = ReadonlyMap<string, Uint8Array | undefined>;

export const ROOT_FILE = 'root.json';
export const TIMESTAMP_FILE = 'timestamp.json';
export const SNAPSHOT_FILE = 'snapshot.json';
/** The latest timestamp of a medium: proof of a time, and nothing else. */
export const MEDIUM_TIMESTAMP_FILE = 'medium.timestamp.json';

/** The prefix keeps a role of any name from taking a top-level role's place. */
export const targetsFile = (role: string): string =>
  role === 'targets' ? 'targets.json' : `delegated.${encodedRole(role)}.json`;

/** A state that lives as long as the process, pinned to a root. */
export function memoryState(rootBytes: Uint8Array): ClientState {
  const files = new Map([[ROOT_FILE, rootBytes]]);
  return {
    load: async (name) => files.get(name),
    commit: async (changes) => applyChanges(files, changes),
  };
}

/** Applies changes to what is known by name. */
export function applyChanges<T>(files: Map<string, T>, changes: ReadonlyMap<string, T | undefined>): void {
  for (const [name, value] of changes) {
    if (value === undefined) files.delete(name);
    else files.set(name, value);
  }
}
