import { equalBytes } from '../core/bytes.ts';
import { OtaError } from '../core/errors.ts';
import { canonicalJson } from '../core/json/canonical.ts';
import type { Name } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import { MAX_BYTES } from '../device/client/fetch.ts';
import { refresh } from '../device/client/refresh.ts';
import type { TrustedRepository } from '../device/client/repository.ts';
import { memoryState } from '../device/client/state.ts';
import { checkExpiry, verifyTopRole } from '../repository/checks.ts';
import { channelsRole, metadataKey, productRole } from '../repository/layout.ts';
import type { DelegatedRole, Metadata, Root, Snapshot, Targets, Timestamp } from '../repository/model.ts';
import { parseRoot } from '../repository/parse-root.ts';
import { type Trust, type VerifiedTrust, verifyTrust } from '../repository/trust.ts';
import type { ReadStore, Store, Token } from '../storage/store.ts';
import { checkClock } from './clock.ts';

/** Before anything expires. */
const LONG_AGO: Seconds = 0;

/** The newest root and targets of the trust folder and the store, and what is published under them. */
export interface CurrentTrust {
  readonly root: Metadata<Root>;
  readonly targets: Metadata<Targets>;
  /** What the trust folder holds and the store has not yet: it goes into the store with the next publication. */
  readonly pending: PendingTrust;
  /** Absent where the store is still empty. */
  readonly live?: LiveRepository;
}

/** What is published of a product, verified; only `root` and `targets` where the store is still empty. */
export interface RepositoryState extends CurrentTrust {
  readonly delegation: DelegatedRole;
  readonly product?: Metadata<Targets>;
  readonly channels?: Metadata<Targets>;
}

export interface PendingTrust {
  /** In order of version. */
  readonly roots: readonly Metadata<Root>[];
  readonly targets?: Metadata<Targets>;
}

export interface LiveRepository {
  readonly repository: TrustedRepository;
  readonly snapshot: Metadata<Snapshot>;
  readonly timestamp: Metadata<Timestamp>;
  readonly token: Token;
}

/**
 * Reads the repository as a device that trusts `trust` would. Where the trust folder is ahead of the store, its roots and
 * targets are what counts: they are published next.
 *
 * @throws OtaError whatever a device would refuse it for; `clock-wrong`; `product-unknown` when its targets role knows no such product
 */
export async function loadState(
  store: Store,
  trust: Trust,
  product: Name,
  now: Seconds,
): Promise<RepositoryState> {
  const current = await loadCurrent(store, trust);
  checkClock(store, current.live?.timestamp.signed, now);
  checkExpiry('root', current.root, now);
  checkExpiry('targets', current.targets, now);
  const delegation = delegationOf(current.targets.signed, product);
  const { live } = current;
  if (!live) return { ...current, delegation };
  const { repository } = live;
  const has = (role: string) => repository.snapshot.signed.meta.has(role);
  return {
    ...current,
    delegation,
    ...(has(productRole(product)) ? { product: await repository.role(productRole(product)) } : {}),
    ...(has(channelsRole(product)) ? { channels: await repository.role(channelsRole(product)) } : {}),
  };
}

/** As `loadState`, without a product, and of any age: what has expired may be about to be renewed. */
export async function loadCurrent(store: ReadStore, trust: Trust): Promise<CurrentTrust> {
  const held = verifyTrust(trust, LONG_AGO);
  const live = await loadLive(store, await newestPublished(store, held.roots));
  return { ...newest(held, live?.repository), ...(live ? { live } : {}) };
}

/**
 * Of the roots that a person holds, the last that the store has too; the first where it has none.
 *
 * @throws OtaError `root-differs` when the store has another in its place
 */
async function newestPublished(store: ReadStore, roots: readonly Metadata<Root>[]): Promise<Metadata<Root>> {
  for (const root of roots.toReversed()) {
    const { version } = root.signed;
    const found = await store.read(metadataKey('root', version), MAX_BYTES.root);
    if (!found) continue;
    const { document } = parseRoot(found.bytes, `${version}.root.json`);
    if (equalBytes(canonicalJson(document), canonicalJson(root.document))) return root;
    throw new OtaError('root-differs', `root ${version} in the store is not the one in the trust folder`, {
      where: store.url,
      hint: 'It is the store of another repository, or somebody made a root of their own: publish nothing before you know.',
    });
  }
  return roots[0] as Metadata<Root>;
}

/**
 * The newest root and targets of both sides, and which of them the store lacks.
 *
 * @throws OtaError `threshold-unmet` when the newest targets are not signed by the targets keys of the newest root
 */
function newest(held: VerifiedTrust, published: TrustedRepository | undefined): Omit<CurrentTrust, 'live'> {
  const version = published?.root.signed.version ?? 0;
  const roots = held.roots.filter((item) => item.signed.version > version);
  const root = roots.at(-1) ?? published?.root ?? held.root;
  const ahead = held.targets.signed.version > (published?.targets.signed.version ?? 0);
  const targets = ahead || !published ? held.targets : published.targets;
  verifyTopRole(targets, root, 'targets');
  return { root, targets, pending: { roots, ...(ahead ? { targets } : {}) } };
}

/**
 * Reads what is published although parts of it may have expired.
 *
 * @throws OtaError `store-missing`; as `loadCurrent`
 */
export async function readLive(store: ReadStore, trust: Trust): Promise<LiveRepository> {
  const { live } = await loadCurrent(store, trust);
  if (live) return live;
  throw new OtaError('store-missing', `there is no repository at ${store.url}`, {
    where: store.url,
    hint: 'Check the address; a store that is new gets its repository with the first ota publish.',
  });
}

async function loadLive(store: ReadStore, anchor: Metadata<Root>): Promise<LiveRepository | undefined> {
  try {
    // Whatever has expired of the online roles is about to be renewed, so their expiry is no reason to refuse.
    const state = memoryState(anchor.sealed.bytes);
    const repository = await refresh({ store, state, now: LONG_AGO });
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
  throw new OtaError('product-unknown', `the targets role delegates nothing to product ${product}`, {
    where: 'targets',
    hint: 'Check product: in ota.yaml and the trust folder; a product is added by the holders of the targets key.',
  });
}
