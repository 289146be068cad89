import { OtaError } from '../core/errors.ts';
import type { Name } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import { refresh } from '../device/client/refresh.ts';
import type { TrustedRepository } from '../device/client/repository.ts';
import { memoryState } from '../device/client/state.ts';
import { checkExpiry } from '../repository/checks.ts';
import { verifyTrust } from '../repository/genesis.ts';
import { channelsRole, productRole } from '../repository/layout.ts';
import type { DelegatedRole, Metadata, Root, Snapshot, Targets, Timestamp } from '../repository/model.ts';
import type { Store, Token } from '../storage/store.ts';

/** Before anything expires. */
const LONG_AGO: Seconds = 0;

/** The root and targets that a publisher holds itself, so that a store is believed only as far as they go. */
export interface Trust {
  readonly rootBytes: Uint8Array;
  readonly targetsBytes: Uint8Array;
}

/** What is published, verified; only `root` and `targets` where the store is still empty. */
export interface RepositoryState {
  readonly root: Metadata<Root>;
  readonly targets: Metadata<Targets>;
  readonly delegation: DelegatedRole;
  readonly product?: Metadata<Targets>;
  readonly channels?: Metadata<Targets>;
  readonly live?: LiveRepository;
}

export interface LiveRepository {
  readonly repository: TrustedRepository;
  readonly snapshot: Metadata<Snapshot>;
  readonly timestamp: Metadata<Timestamp>;
  readonly token: Token;
}

/**
 * Reads the repository as a device that trusts `trust` would.
 *
 * @throws OtaError whatever a device would refuse it for; `role-missing` when its targets role knows no such product
 */
export async function loadState(
  store: Store,
  trust: Trust,
  product: Name,
  now: Seconds,
): Promise<RepositoryState> {
  const live = await loadLive(store, trust, now);
  if (!live) {
    const { root, targets } = verifyTrust({ ...trust, now });
    return { root, targets, delegation: delegationOf(targets.signed, product) };
  }
  const { repository } = live;
  const delegation = delegationOf(repository.targets.signed, product);
  const has = (role: string) => repository.snapshot.signed.meta.has(role);
  return {
    root: repository.root,
    targets: repository.targets,
    delegation,
    live,
    ...(has(productRole(product)) ? { product: await repository.role(productRole(product)) } : {}),
    ...(has(channelsRole(product)) ? { channels: await repository.role(channelsRole(product)) } : {}),
  };
}

async function loadLive(store: Store, trust: Trust, now: Seconds): Promise<LiveRepository | undefined> {
  try {
    // Whatever has expired of the online roles is about to be renewed, so their expiry is no reason to refuse; that of the
    // offline ones is, because a device would refuse what is published under them.
    const repository = await refresh({ store, state: memoryState(trust.rootBytes), now: LONG_AGO });
    checkExpiry('root', repository.root, now);
    checkExpiry('targets', repository.targets, now);
    const { snapshot, timestamp, timestampToken: token } = repository;
    return { repository, snapshot, timestamp, token };
  } catch (error) {
    if (error instanceof OtaError && error.code === 'store-missing') return undefined;
    throw error;
  }
}

function delegationOf(targets: Targets, product: Name): DelegatedRole {
  const name = productRole(product);
  const found = targets.delegations?.roles.find((role) => role.name === name);
  if (found) return found;
  throw new OtaError('role-missing', `the targets role delegates nothing to product ${product}`, {
    where: 'targets',
    hint: 'Check product: in ota.yaml and the trust folder; a product is added by the holders of the targets key.',
  });
}
