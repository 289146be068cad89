import type { Name } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import type { ReadStore } from '../storage/store.ts';
import { SharedClient } from './client.ts';
import { type FleetShape, fleetOf } from './devices.ts';
import { kept } from './remembered.ts';
import { type Run, runFleet } from './run.ts';

/** All that a thread has to know of a fleet; it passes from one to another. */
export interface Fleet {
  readonly shape: FleetShape;
  readonly times: readonly Seconds[];
  readonly product: Name;
  readonly channel: Name;
  /** When metadata is verified, by a clock that is right. */
  readonly start: Seconds;
  readonly roots: readonly Uint8Array[];
}

/** Runs parts of a fleet one after the other. Devices that trust the same verify the repository once in it. */
export class FleetPart {
  readonly #fleet: Fleet;
  readonly #store: ReadStore;
  readonly #clients = new Map<string, SharedClient>();

  constructor(fleet: Fleet, store: ReadStore) {
    this.#fleet = fleet;
    this.#store = store;
  }

  /** The devices from one number up to another. @throws OtaError as `runFleet` */
  run(first: number, end: number): Promise<Run> {
    const { shape, times, product, channel, start, roots } = this.#fleet;
    return runFleet(fleetOf(shape, first, end), times, ({ root, clock }) =>
      kept(this.#clients, `${root} ${clock}`, () => {
        const rootBytes = roots[root] as Uint8Array;
        return new SharedClient({ store: this.#store, rootBytes, product, channel, now: start + clock });
      }),
    );
  }
}
