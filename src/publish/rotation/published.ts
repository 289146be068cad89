import { OtaError } from '../../core/errors.ts';
import { MAX_BYTES } from '../../device/client/fetch.ts';
import { metadataKey, TIMESTAMP_KEY } from '../../repository/layout.ts';
import type { Metadata, MetaFile, Root, Targets } from '../../repository/model.ts';
import { parseTimestamp } from '../../repository/parse-meta.ts';
import { type Trust, verifyRoots } from '../../repository/trust.ts';
import type { Chain } from '../../requests/model.ts';
import type { ReadStore, Store, Token } from '../../storage/store.ts';
import { type CurrentTrust, loadCurrent } from '../repository-state.ts';
import { salvageRoles } from './salvage.ts';

/** All that a change of keys starts from: what is published, verified. */
export interface Published {
  /** Every root from the first that is held to the newest. */
  readonly roots: readonly Metadata<Root>[];
  /** `targets`, then the roles that it delegates to, and theirs. */
  readonly roles: ReadonlyMap<string, Metadata<Targets>>;
  /** Absent where nothing has been published. */
  readonly online?: OnlineState;
  /** Why snapshot and timestamp were not believed: the roles are then the newest that their own keys signed. */
  readonly doubt?: OtaError;
}

export interface OnlineState {
  readonly token: Token;
  readonly timestamp: number;
  readonly snapshot: number;
  /** What the snapshot says; nothing where it is not believed. */
  readonly listed: ReadonlyMap<string, MetaFile>;
}

/**
 * Reads what is published. Where snapshot and timestamp cannot be believed (their keys were stolen, or a change of them was cut
 * off), the roles are taken by their own signatures instead.
 *
 * @throws OtaError `root-differs`, as `loadCurrent`, and as the store
 */
export async function readPublished(store: Store | ReadStore, trust: Trust): Promise<Published> {
  try {
    const current = await loadCurrent(store, trust);
    const roles = await publishedRoles(current);
    const roots = await allRoots(store, trust);
    const { live } = current;
    if (!live) return { roots, roles };
    const online = {
      token: live.token,
      timestamp: live.timestamp.signed.version,
      snapshot: live.snapshot.signed.version,
      listed: live.snapshot.signed.meta,
    };
    return { roots, roles, online };
  } catch (error) {
    const believable = !(error instanceof OtaError) || error.category !== 'verification';
    if (believable || error.code === 'root-differs' || !('list' in store)) throw error;
    const roots = await allRoots(store, trust);
    const roles = await salvageRoles(store, trust, roots);
    return { roots, roles, online: await claimedVersions(store), doubt: error };
  }
}

/** The chain of a request that changes keys: the roots, `targets`, and the roles of the products. */
export const chainOf = ({ roots, roles }: Published): Chain => ({
  roots: roots.map(({ sealed }) => sealed.bytes),
  roles: new Map(
    [...roles]
      .filter(([name]) => name === 'targets' || isDelegatedBy(roles.get('targets'), name))
      .map(([name, { sealed }]) => [name, sealed.bytes]),
  ),
});

const isDelegatedBy = (role: Metadata<Targets> | undefined, name: string): boolean =>
  role?.signed.delegations?.roles.some((item) => item.name === name) ?? false;

async function publishedRoles({ targets, live }: CurrentTrust): Promise<Published['roles']> {
  const roles = new Map([['targets', targets]]);
  const walk = async (by: Metadata<Targets>) => {
    for (const { name } of by.signed.delegations?.roles ?? []) {
      if (!live?.snapshot.signed.meta.has(name) || roles.has(name)) continue;
      const role = await live.repository.role(name);
      roles.set(name, role);
      await walk(role);
    }
  };
  await walk(targets);
  return roles;
}

/** The roots that are held, and those that the store has beyond them. */
async function allRoots(store: ReadStore, { roots }: Trust): Promise<readonly Metadata<Root>[]> {
  const files = [...roots];
  for (;;) {
    const version = (verifyRoots(files, 0).at(-1)?.signed.version ?? 0) + 1;
    const found = await store.read(metadataKey('root', version), MAX_BYTES.root);
    if (!found) return verifyRoots(files, 0);
    files.push(found.bytes);
  }
}

/** The versions that the timestamp in the store claims, whoever signed it: what comes next is to be above them. */
async function claimedVersions(store: ReadStore): Promise<OnlineState> {
  const found = await store.read(TIMESTAMP_KEY, MAX_BYTES.timestamp);
  if (!found) throw new OtaError('store-missing', `${store.url} has no timestamp`, { where: store.url });
  const listed = new Map();
  try {
    const { version, snapshot } = parseTimestamp(found.bytes, 'timestamp.json').signed;
    return { token: found.token, timestamp: version, snapshot: snapshot.version, listed };
  } catch (error) {
    if (!(error instanceof OtaError)) throw error;
    return { token: found.token, timestamp: 0, snapshot: 0, listed };
  }
}
