import type { ClientState } from './state.ts';

/**
 * When what a refresh accepted goes into the state: all of it at its end, so that nothing is kept of a refresh that was
 * refused half-way; or each file as soon as it was accepted, as the specification words it (TUF 1.0.34, sections 5.4.5,
 * 5.5.7 and 5.6.6).
 */
export type Keep = 'together' | 'each';

/** Collects what a refresh accepted. */
export class Keeper {
  readonly #state: ClientState;
  readonly #keep: Keep;
  readonly #waiting = new Map<string, Uint8Array>();

  constructor(state: ClientState, keep: Keep) {
    this.#state = state;
    this.#keep = keep;
  }

  async take(name: string, bytes: Uint8Array): Promise<void> {
    this.#waiting.set(name, bytes);
    if (this.#keep === 'each') await this.done();
  }

  async done(): Promise<void> {
    await this.#state.commit(new Map(this.#waiting));
    this.#waiting.clear();
  }
}
