import { expect } from 'vitest';
import type { Code } from '../../src/core/errors.ts';
import { OtaError } from '../../src/core/errors.ts';
import type { Seconds } from '../../src/core/time.ts';
import { refresh } from '../../src/device/client/refresh.ts';
import type { TrustedRepository } from '../../src/device/client/repository.ts';
import { type ClientState, memoryState, ROOT_FILE } from '../../src/device/client/state.ts';
import { parseRoot } from '../../src/repository/parse-root.ts';
import type { ReadStore } from '../../src/storage/store.ts';
import { NOW } from './forge.ts';

/** A client under attack: what it trusts can be looked at, and how often that changed. */
export class TestClient {
  /** Changes of what is trusted, but for the root, which is kept as far as its chain is good (5.3.8). */
  commits = 0;
  readonly #store: ReadStore;
  readonly #state: ClientState;

  constructor(store: ReadStore, root: Uint8Array | ClientState) {
    this.#store = store;
    this.#state = root instanceof Uint8Array ? memoryState(root) : root;
  }

  refresh(now: Seconds = NOW): Promise<TrustedRepository> {
    const state: ClientState = {
      load: (name) => this.#state.load(name),
      commit: async (files) => {
        if ([...files].some(([name, bytes]) => name !== ROOT_FILE && bytes !== undefined)) this.commits += 1;
        await this.#state.commit(files);
      },
    };
    return refresh({ store: this.#store, state, now });
  }

  /** The version of the root that a restart would start from. */
  async rootVersion(): Promise<number> {
    const root = await this.#state.load(ROOT_FILE);
    return parseRoot(root ?? new Uint8Array(), 'root.json').signed.version;
  }

  /** Requires a refusal with a code, that it names where, exits with 4 and changed nothing that is trusted but the root. */
  async refuses(code: Code, work: () => Promise<unknown> = () => this.refresh()): Promise<OtaError> {
    const before = this.commits;
    const error = await refusal(work);
    expect({ code: error.code, message: error.message }).toMatchObject({ code });
    expect(error.exitCode).toBe(4);
    expect(this.commits).toBe(before);
    return error;
  }
}

/** The OtaError that `work` fails with; anything else that it throws, or nothing, fails the test. */
export async function refusal(work: () => unknown): Promise<OtaError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof OtaError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}
