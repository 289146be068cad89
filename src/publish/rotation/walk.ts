import { OtaError } from '../../core/errors.ts';
import type { Seconds } from '../../core/time.ts';
import { refresh } from '../../device/client/refresh.ts';
import type { TrustedRepository } from '../../device/client/repository.ts';
import { type ClientState, memoryState } from '../../device/client/state.ts';
import type { Metadata, Root } from '../../repository/model.ts';
import type { ReadStore } from '../../storage/store.ts';

/** How a device walked: from which root, and whether it had seen what is published now. */
export interface Walk {
  readonly root: number;
  readonly upToDate: boolean;
}

/**
 * Lets the reference client update from every root that a device may have slept at, and as one that is up to date with what is
 * published now, against the repository as it would be: every role that it can reach, at this time.
 *
 * @throws OtaError with the code of the first refusal, naming the device
 */
export async function walkAll(options: {
  readonly roots: readonly Metadata<Root>[];
  /** The root that counts now, before the change. */
  readonly current: Metadata<Root>;
  readonly now: Seconds;
  readonly store: ReadStore;
  readonly future: ReadStore;
}): Promise<readonly Walk[]> {
  const { roots, current, store, future, now } = options;
  const walks: Walk[] = [];
  for (const { signed, sealed } of roots) {
    await walk(
      future,
      memoryState(sealed.bytes),
      now,
      `a device that was asleep since root ${signed.version}`,
    );
    walks.push({ root: signed.version, upToDate: false });
  }
  const state = await presentState(store, current);
  if (state) {
    await walk(future, state, now, 'a device that is up to date');
    walks.push({ root: current.signed.version, upToDate: true });
  }
  return walks;
}

/** What a device that was updated just now would hold; `undefined` where it could not have updated. */
async function presentState(store: ReadStore, root: Metadata<Root>): Promise<ClientState | undefined> {
  const state = memoryState(root.sealed.bytes);
  const hidden: ReadStore = {
    ...store,
    url: store.url,
    stream: (key) => store.stream(key),
    // As it was before a change that was cut off.
    read: async (key, maxBytes) =>
      key === `metadata/${root.signed.version + 1}.root.json` ? undefined : store.read(key, maxBytes),
  };
  try {
    await refresh({ store: hidden, state, now: 0 });
    return state;
  } catch (error) {
    if (error instanceof OtaError && (error.category === 'verification' || error.code === 'store-missing')) {
      return undefined;
    }
    throw error;
  }
}

async function walk(store: ReadStore, state: ClientState, now: Seconds, who: string): Promise<void> {
  try {
    await visit(await refresh({ store, state, now }), 'targets');
  } catch (cause) {
    if (!(cause instanceof OtaError) || cause.category !== 'verification') throw cause;
    throw new OtaError(cause.code, `${who} would refuse the result: ${cause.message}`, {
      where: cause.where ?? who,
      cause,
      hint: 'Nothing was written. Have the proposal made again from what is published now.',
    });
  }
}

/** Reads every role that can be reached from one. */
async function visit(repository: TrustedRepository, name: string): Promise<void> {
  const { signed } = await repository.role(name);
  for (const delegated of signed.delegations?.roles ?? []) {
    if (repository.snapshot.signed.meta.has(delegated.name)) await visit(repository, delegated.name);
  }
}
