import type { JsonObject } from '../core/json/value.ts';
import type { Name } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import { channelsRole, metadataKey, productRole } from '../repository/layout.ts';
import type { Delegations, Metadata, RoleKeys, Root, TopRole } from '../repository/model.ts';
import { expiryOf, isHalfSpent, type RoleKind } from '../repository/policy.ts';
import type { Store } from '../storage/store.ts';
import { firstChannels } from './documents.ts';
import {
  type PlannedRole,
  type PlannedTimestamp,
  type RolesPlan,
  type RoleVersion,
  roleDocument,
} from './plan.ts';
import type { RepositoryState } from './repository-state.ts';

/** Which of a product's roles get a new version. */
export interface Changes {
  readonly product: boolean;
  readonly channels: boolean;
}

/** The roles that will be written, before their documents are made: who has to sign is known from here on. */
export interface RoleDraft {
  readonly product?: PlannedRole;
  readonly channels?: PlannedRole;
  readonly snapshot: PlannedRole;
  readonly timestamp: PlannedTimestamp;
}

/**
 * Chooses versions and keys; `undefined` when nothing is due. A version whose file is in the store already is passed over: an
 * earlier run that was cut off may have left it, and nothing that is written is ever written again.
 */
export async function draftRoles(options: {
  readonly store: Store;
  readonly state: RepositoryState;
  readonly product: Name;
  readonly changes: Changes;
  readonly now: Seconds;
}): Promise<RoleDraft | undefined> {
  const { store, state, product, changes, now } = options;
  const { timestamp, snapshot } = state.live ?? {};
  const due =
    timestamp === undefined ||
    state.pending.roots.length > 0 ||
    state.pending.targets !== undefined ||
    isHalfSpent('timestamp', timestamp.signed.expires, now);
  if (!changes.product && !changes.channels && !due) return undefined;
  const next = (kind: RoleKind, role: string, before: Versioned | undefined, by: Signatories) =>
    nextRole({ store, kind, role, before, by, now });
  const targets = delegated(state.delegation, state.targets.signed.delegations);
  const channels = channelKeys(state, product);
  return {
    ...(changes.product
      ? { product: await next('product', productRole(product), state.product, targets) }
      : {}),
    ...(changes.channels
      ? { channels: await next('channels', channelsRole(product), state.channels, channels) }
      : {}),
    ...(await draftOnline({ store, root: state.root, snapshot, timestamp, now })),
  };
}

/** The next snapshot and timestamp, and who has to sign them. */
export async function draftOnline(options: {
  readonly store: Store;
  readonly root: Metadata<Root>;
  readonly snapshot: Versioned | undefined;
  readonly timestamp: Versioned | undefined;
  readonly now: Seconds;
}): Promise<Pick<RoleDraft, 'snapshot' | 'timestamp'>> {
  const { store, root, snapshot, timestamp, now } = options;
  const next = (role: 'snapshot' | 'timestamp', before: Versioned | undefined) =>
    nextRole({ store, kind: role, role, before, by: topRole(root, role), now });
  return {
    snapshot: await next('snapshot', snapshot),
    timestamp: { ...(await next('timestamp', timestamp)), made: now },
  };
}

interface Versioned {
  readonly signed: { readonly version: number };
}

async function nextRole(options: {
  readonly store: Store;
  readonly kind: RoleKind;
  readonly role: string;
  readonly before: Versioned | undefined;
  readonly by: Signatories;
  readonly now: Seconds;
}): Promise<PlannedRole> {
  const { store, kind, role, before, by, now } = options;
  const first = (before?.signed.version ?? 0) + 1;
  return {
    role,
    version: kind === 'timestamp' ? first : await freeVersion(store, role, first),
    expires: expiryOf(kind, now),
    ...(before === undefined ? {} : { replaces: before.signed.version }),
    ...by,
  };
}

/** Everyone who has to sign for a draft. */
export const signatoriesOf = ({
  product,
  channels,
  snapshot,
  timestamp,
}: RoleDraft): readonly PlannedRole[] => [
  ...(product ? [product] : []),
  ...(channels ? [channels] : []),
  snapshot,
  timestamp,
];

/** A draft with the documents of its delegated roles, and the roots and targets that the store lacks. */
export function rolesPlan(
  { live, pending }: RepositoryState,
  draft: RoleDraft,
  documents: { readonly product?: JsonObject; readonly channels?: JsonObject },
): RolesPlan {
  const given = [
    ...pending.roots.map((root) => ({ ...versionOf('root', root), sealed: root.sealed })),
    ...(pending.targets
      ? [{ ...versionOf('targets', pending.targets), sealed: pending.targets.sealed }]
      : []),
  ];
  return {
    given,
    documents: [
      ...(draft.channels && documents.channels ? [roleDocument(draft.channels, documents.channels)] : []),
      ...(draft.product && documents.product ? [roleDocument(draft.product, documents.product)] : []),
    ],
    snapshot: draft.snapshot,
    timestamp: draft.timestamp,
    listed: live?.snapshot.signed.meta ?? new Map(),
    ...(live ? { base: live.token } : {}),
  };
}

/** The keys of a role, with the public keys themselves. */
type Signatories = Pick<PlannedRole, 'keys' | 'publicKeys'>;

const delegated = (keys: RoleKeys, delegations: Delegations | undefined): Signatories => ({
  keys: { keyids: keys.keyids, threshold: keys.threshold },
  publicKeys: new Map([...(delegations?.keys ?? [])].filter(([keyid]) => keys.keyids.includes(keyid))),
});

function topRole(root: Metadata<Root>, role: TopRole): Signatories {
  const keys = root.signed.roles[role];
  return {
    keys,
    publicKeys: new Map([...root.signed.keys].filter(([keyid]) => keys.keyids.includes(keyid))),
  };
}

/** Whose keys a product's channels are signed with; the timestamp's until the product's role says otherwise. */
export function channelKeys(state: RepositoryState, product: Name): Signatories {
  const delegations = state.product?.signed.delegations ?? firstChannels(product, state.root.signed);
  const role = delegations.roles.find(({ name }) => name === channelsRole(product));
  return role ? delegated(role, delegations) : topRole(state.root, 'timestamp');
}

export const versionOf = (
  role: string,
  { signed: { version, expires } }: { readonly signed: Omit<RoleVersion, 'role'> },
): RoleVersion => ({ role, version, expires });

async function freeVersion(store: Store, role: string, first: number): Promise<number> {
  let version = first;
  while (await store.stat(metadataKey(role, version))) version += 1;
  return version;
}
