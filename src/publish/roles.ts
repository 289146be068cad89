import type { Sealed } from '../core/digest.ts';
import type { JsonObject } from '../core/json/value.ts';
import type { Name } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import type { Signer } from '../keys/signer.ts';
import { signRole } from '../repository/build.ts';
import { channelsRole, metadataKey, productRole } from '../repository/layout.ts';
import type { MetaFile, RoleKeys } from '../repository/model.ts';
import { expiryOf, isHalfSpent } from '../repository/policy.ts';
import type { Store } from '../storage/store.ts';
import { commitTimestamp, createMetadata } from './apply.ts';
import {
  channelsDocument,
  firstChannels,
  metaOf,
  productDocument,
  snapshotDocument,
  timestampDocument,
} from './documents.ts';
import type { RepositoryState } from './repository-state.ts';
import { type Keyring, signersOf } from './signers.ts';
import type { NewTarget } from './targets.ts';

/** Which of a product's roles get a new version. */
export interface Changes {
  readonly product: boolean;
  readonly channels: boolean;
}

/** The versions that will be written and who signs them: settled before anything is uploaded. */
export interface RolePlan {
  readonly product: Name;
  readonly changes: Changes;
  readonly productVersion: number;
  readonly channelsVersion: number;
  readonly snapshotVersion: number;
  readonly timestampVersion: number;
  /** Whether anything is to be written at all. */
  readonly due: boolean;
  readonly signers: ReadonlyMap<string, readonly Signer[]>;
}

export interface CommittedRole {
  readonly role: string;
  readonly version: number;
  readonly expires: Seconds;
}

/**
 * Chooses versions and signers. A version whose file is in the store already is passed over: an earlier run that was cut
 * off may have left it, and nothing that is written is ever written again.
 *
 * @throws OtaError `signatures-missing`
 */
export async function planRoles(options: {
  readonly store: Store;
  readonly state: RepositoryState;
  readonly product: Name;
  readonly changes: Changes;
  readonly ring: Keyring;
  readonly now: Seconds;
}): Promise<RolePlan> {
  const { store, state, product, changes, ring, now } = options;
  const { timestamp, snapshot } = state.live ?? {};
  const due =
    changes.product ||
    changes.channels ||
    !timestamp ||
    state.pending.roots.length > 0 ||
    state.pending.targets !== undefined ||
    isHalfSpent('timestamp', timestamp.signed.expires, now);
  const { roles } = state.root.signed;
  const names = { product: productRole(product), channels: channelsRole(product) };
  const signers = signersOf(ring, [
    ...(changes.product ? [{ name: names.product, keys: state.delegation }] : []),
    ...(changes.channels ? [{ name: names.channels, keys: channelKeys(state, product) }] : []),
    ...(due
      ? [
          { name: 'snapshot', keys: roles.snapshot },
          { name: 'timestamp', keys: roles.timestamp },
        ]
      : []),
  ]);
  const next = (role: string, current: number | undefined, changed: boolean) =>
    changed ? freeVersion(store, role, (current ?? 0) + 1) : (current ?? 0);
  return {
    product,
    changes,
    due,
    signers,
    productVersion: await next(names.product, state.product?.signed.version, changes.product),
    channelsVersion: await next(names.channels, state.channels?.signed.version, changes.channels),
    snapshotVersion: await next('snapshot', snapshot?.signed.version, due),
    timestampVersion: (timestamp?.signed.version ?? 0) + 1,
  };
}

/**
 * Signs and writes the roles in the order that keeps every moment consistent: roots, delegated roles, targets, snapshot,
 * and the timestamp as the one commit point.
 *
 * @throws OtaError `store-conflict`; what the store and the signers throw
 */
export async function commitRoles(options: {
  readonly plan: RolePlan;
  readonly store: Store;
  readonly state: RepositoryState;
  readonly added: readonly NewTarget[];
  readonly pointers: readonly NewTarget[];
  readonly now: Seconds;
}): Promise<readonly CommittedRole[]> {
  const { plan, store, state, added, pointers, now } = options;
  if (!plan.due) return [];
  const committed: CommittedRole[] = [];
  const changed = new Map<string, MetaFile>();
  const write = async (role: string, version: number, expires: Seconds, sealed: Sealed) => {
    await createMetadata(store, { key: metadataKey(role, version), sealed });
    committed.push({ role, version, expires });
    if (role !== 'root') changed.set(role, metaOf(version, sealed));
  };
  const sign = (role: string, document: JsonObject) => signRole(document, plan.signers.get(role) ?? []);

  const { root, pending } = state;
  for (const { signed, sealed } of pending.roots) await write('root', signed.version, signed.expires, sealed);
  if (plan.changes.channels) {
    const role = channelsRole(plan.product);
    const version = plan.channelsVersion;
    const document = channelsDocument({
      version,
      previous: state.channels?.signed,
      added: filesOf(pointers),
      now,
    });
    await write(role, version, expiryOf('channels', now), await sign(role, document));
  }
  if (plan.changes.product) {
    const role = productRole(plan.product);
    const version = plan.productVersion;
    const document = productDocument({
      product: plan.product,
      version,
      previous: state.product?.signed,
      added: filesOf(added),
      root: root.signed,
      now,
    });
    await write(role, version, expiryOf('product', now), await sign(role, document));
  }
  if (pending.targets) {
    const { signed, sealed } = pending.targets;
    await write('targets', signed.version, signed.expires, sealed);
  }

  const version = plan.snapshotVersion;
  const previous = state.live?.snapshot.signed.meta;
  const snapshot = await sign('snapshot', snapshotDocument({ version, previous, changed, now }));
  await write('snapshot', version, expiryOf('snapshot', now), snapshot);
  const timestamp = await sign(
    'timestamp',
    timestampDocument({ version: plan.timestampVersion, snapshot: { version, sealed: snapshot }, now }),
  );
  await commitTimestamp(store, timestamp, state.live?.token);
  committed.push({ role: 'timestamp', version: plan.timestampVersion, expires: expiryOf('timestamp', now) });
  return committed;
}

/** Whose keys a product's channels are signed with; the timestamp's until the product's role says otherwise. */
export function channelKeys(state: RepositoryState, product: Name): RoleKeys {
  const delegations = state.product?.signed.delegations ?? firstChannels(product, state.root.signed);
  const role = delegations.roles.find(({ name }) => name === channelsRole(product));
  return role ?? state.root.signed.roles.timestamp;
}

async function freeVersion(store: Store, role: string, first: number): Promise<number> {
  let version = first;
  while (await store.stat(metadataKey(role, version))) version += 1;
  return version;
}

const filesOf = (targets: readonly NewTarget[]) => new Map(targets.map(({ path, file }) => [path, file]));
