import { beginProposal } from '../../ceremony/begin.ts';
import type { Proposal } from '../../ceremony/model.ts';
import { OtaError } from '../../core/errors.ts';
import type { Seconds } from '../../core/time.ts';
import { chainOf, readPublished } from '../../publish/rotation/published.ts';
import { openReadStore, type StoreOptions } from '../../storage/open.ts';
import type { ReadStore } from '../../storage/store.ts';
import { loadTrust } from '../trust-folder.ts';

export interface BegunProposal {
  readonly proposal: Proposal;
  /** Why snapshot and timestamp of the store were not believed. */
  readonly doubt?: OtaError;
}

/**
 * A proposal that starts from what counts now: the trust folder, and the store where one has been published to.
 *
 * @param options.store `undefined` where the project has none yet
 * @throws OtaError as `loadTrust`, `loadCurrent` and `readBase`
 */
export async function proposalFromNow(options: {
  readonly trust: string;
  readonly store: ReadStore | undefined;
  readonly now: Seconds;
}): Promise<BegunProposal> {
  const { store, now } = options;
  const trust = await loadTrust(options.trust);
  if (!store) {
    const chain = { roots: trust.roots, roles: new Map([['targets', trust.targetsBytes]]) };
    return { proposal: beginProposal(chain, now) };
  }
  const published = await readPublished(store, trust);
  const { doubt } = published;
  return { proposal: beginProposal(chainOf(published), now), ...(doubt ? { doubt } : {}) };
}

/**
 * The store of a project to read, or `undefined` where it has none or only the name of one: a folder that the first publish
 * will make.
 *
 * @param named by the person, who means one that is there
 * @throws OtaError as `openReadStore`
 */
export async function projectStore(
  named: string | undefined,
  setting: string | undefined,
  options: StoreOptions,
): Promise<ReadStore | undefined> {
  const location = named ?? setting;
  if (location === undefined) return undefined;
  try {
    return await openReadStore(location, options);
  } catch (error) {
    const unmade = error instanceof OtaError && error.code === 'store-missing';
    if (unmade && named === undefined) return undefined;
    throw error;
  }
}
