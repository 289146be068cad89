import { OtaError } from '../../core/errors.ts';
import type { Seconds } from '../../core/time.ts';
import type { PublicKey } from '../../keys/public-key.ts';
import { buildTargets } from '../../repository/build.ts';
import { keysWithdrawn } from '../../repository/checks.ts';
import { metadataKey } from '../../repository/layout.ts';
import type { Metadata, MetaFile, RoleKeys, Root, Targets } from '../../repository/model.ts';
import { expiryOf } from '../../repository/policy.ts';
import { isSignedBy } from '../../repository/verify.ts';
import type { Store } from '../../storage/store.ts';
import {
  type PlannedRole,
  type RoleDocument,
  type RolesPlan,
  roleDocument,
  type SignedRole,
} from '../plan.ts';
import type { OnlineState, Published } from './published.ts';
import { ABSURD_VERSION } from './salvage.ts';
import type { SignedRoles } from './signed-roles.ts';

export interface RotationState {
  readonly store: Store;
  readonly published: Published & { readonly online: OnlineState };
  /** The root that the request follows. */
  readonly before: Metadata<Root>;
  readonly signed: SignedRoles;
  readonly now: Seconds;
}

/** The version after one: the next, or the first where a thief has driven it out of reach and devices forget. */
type NextVersion = (version: number) => number;

/**
 * Puts the signed roles of a request on top of what is published. Channels whose keys changed are signed anew as they are.
 * Snapshot and timestamp follow one version on, or from 1 where whoever stole their keys has driven them out of reach: devices
 * forget both when a key is withdrawn (TUF 1.0.34, section 5.3.11).
 *
 * @throws OtaError `threshold-unmet` for a role that stays and would not be signed by those who count; why the online roles
 *   are not believed, unless the request withdraws a key of theirs
 */
export async function planRotation(state: RotationState): Promise<RolesPlan> {
  const { published, before, signed } = state;
  const root = signed.root ?? before;
  const withdrawn = (['snapshot', 'timestamp'] as const).some((name) =>
    keysWithdrawn(before.signed, root.signed, name),
  );
  if (published.doubt && !withdrawn) throw published.doubt;
  const next: NextVersion = (version) => (withdrawn && version >= ABSURD_VERSION ? 1 : version + 1);
  const { kept, documents } = await rolesThatStay(state, root, next);
  return {
    given: [...(await lackedRoots(state)), ...(await lackedTargets(state)), ...signedRoles(signed)],
    documents,
    ...(await onlineRoles(state, root, next)),
    listed: published.doubt ? metaOf(kept) : published.online.listed,
    base: published.online.token,
  };
}

/** Roots that the store does not have yet: that of the request, and those that the trust folder was ahead by. */
async function lackedRoots({ store, published, signed }: RotationState): Promise<readonly SignedRole[]> {
  const lacked: SignedRole[] = [];
  for (const root of [...published.roots, ...(signed.root ? [signed.root] : [])]) {
    const { version } = root.signed;
    if (await store.stat(metadataKey('root', version))) continue;
    if (!lacked.some((item) => item.version === version)) lacked.push(given('root', root));
  }
  return lacked;
}

/** The targets of the trust folder, where the store does not have them yet and the request has no others. */
async function lackedTargets({ store, published, signed }: RotationState): Promise<readonly SignedRole[]> {
  const targets = published.roles.get('targets');
  if (!targets || signed.roles.has('targets')) return [];
  const there = await store.stat(metadataKey('targets', targets.signed.version));
  return there ? [] : [given('targets', targets)];
}

const signedRoles = ({ roles }: SignedRoles): readonly SignedRole[] =>
  [...roles].map(([name, role]) => given(name, role));

/** The roles that no request replaces: those that hold, and channels to be signed by other keys than before. */
async function rolesThatStay(
  { store, published, signed, now }: RotationState,
  root: Metadata<Root>,
  next: NextVersion,
) {
  const kept = new Map<string, Metadata<Targets>>();
  const documents: RoleDocument[] = [];
  const visit = async (name: string, keys: ReadonlyMap<string, PublicKey>, by: RoleKeys): Promise<void> => {
    const role = signed.roles.get(name) ?? published.roles.get(name);
    if (!role) return;
    const holds = isSignedBy(role, keys, by);
    const isChannels = name.includes('.');
    if (!holds && !isChannels) throw unsigned(name, by);
    if (!holds || (isChannels && role.signed.expires <= now)) {
      const version = await freeVersion(store, name, next(role.signed.version));
      documents.push(signedAnew(name, role, version, keys, by, now));
    } else if (!signed.roles.has(name)) kept.set(name, role);
    const { delegations } = role.signed;
    for (const item of delegations?.roles ?? []) await visit(item.name, delegations?.keys ?? new Map(), item);
  };
  await visit('targets', root.signed.keys, root.signed.roles.targets);
  return { kept, documents };
}

function signedAnew(
  name: string,
  { signed }: Metadata<Targets>,
  version: number,
  keys: ReadonlyMap<string, PublicKey>,
  { keyids, threshold }: RoleKeys,
  now: Seconds,
): RoleDocument {
  const role: PlannedRole = {
    role: name,
    version,
    replaces: signed.version,
    expires: expiryOf('channels', now),
    ...signatories(keys, { keyids, threshold }),
  };
  return roleDocument(role, buildTargets({ ...signed, version, expires: role.expires }));
}

async function onlineRoles(
  { store, published: { online }, now }: RotationState,
  { signed }: Metadata<Root>,
  next: NextVersion,
): Promise<Pick<RolesPlan, 'snapshot' | 'timestamp'>> {
  return {
    snapshot: {
      role: 'snapshot',
      version: await freeVersion(store, 'snapshot', next(online.snapshot)),
      replaces: online.snapshot,
      expires: expiryOf('snapshot', now),
      ...signatories(signed.keys, signed.roles.snapshot),
    },
    timestamp: {
      role: 'timestamp',
      version: next(online.timestamp),
      replaces: online.timestamp,
      expires: expiryOf('timestamp', now),
      made: now,
      ...signatories(signed.keys, signed.roles.timestamp),
    },
  };
}

const signatories = (known: ReadonlyMap<string, PublicKey>, keys: RoleKeys) => ({
  keys,
  publicKeys: new Map([...known].filter(([keyid]) => keys.keyids.includes(keyid))),
});

const given = (role: string, { signed: { version, expires }, sealed }: Metadata<Root | Targets>) => ({
  role,
  version,
  expires,
  sealed,
});

const metaOf = (roles: ReadonlyMap<string, Metadata<Targets>>): ReadonlyMap<string, MetaFile> =>
  new Map(
    [...roles].map(
      ([
        name,
        {
          signed: { version },
          sealed: { length, sha256 },
        },
      ]) => [name, { version, length, sha256 }],
    ),
  );

async function freeVersion(store: Store, role: string, first: number): Promise<number> {
  let version = first;
  while (await store.stat(metadataKey(role, version))) version += 1;
  return version;
}

const unsigned = (name: string, { threshold }: RoleKeys): OtaError =>
  new OtaError(
    'threshold-unmet',
    `${name} stays as it is, and would lack the ${threshold} signatures that count`,
    {
      where: name,
      hint: 'Nothing was written. Make the request again: "ota root init --force" finds what has to be signed anew.',
    },
  );
