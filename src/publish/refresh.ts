import { type Fault, OtaError } from '../core/errors.ts';
import { inParallel } from '../core/parallel.ts';
import type { Progress } from '../core/progress.ts';
import { DAY, formatTime, type Seconds } from '../core/time.ts';
import { refuseDemoKey } from '../keys/demo.ts';
import type { Signer } from '../keys/signer.ts';
import { targetKey } from '../repository/layout.ts';
import type { Metadata, RoleKeys, Targets } from '../repository/model.ts';
import { delegatorOf } from '../repository/names.ts';
import { isHalfSpent } from '../repository/policy.ts';
import type { Trust } from '../repository/trust.ts';
import type { Store } from '../storage/store.ts';
import { applyPlan } from './apply.ts';
import { checkClock } from './clock.ts';
import { firstToExpire } from './expiry.ts';
import type { RoleVersion } from './plan.ts';
import { rebasing, unlockedOnce } from './rebase.ts';
import { type LiveRepository, readLive } from './repository-state.ts';
import { draftOnline, versionOf } from './roles.ts';
import { type AtHand, checkAtHand, keyring, signWith } from './signers.ts';

/** Officers need weeks to come together, so a role that they sign is spoken of this long before it expires. */
export const SOON: Seconds = 60 * DAY;
/** And from here on nothing is renewed that leads to it, so that nobody can overlook it. */
export const NEAR: Seconds = 14 * DAY;
/** Objects looked at at a time. */
const WIDTH = 8;

export interface RefreshOptions {
  readonly store: Store;
  readonly trust: Trust;
  /** The keys that there will be to sign with. */
  readonly atHand: AtHand;
  /** Opens them; asked for only when something is due. */
  readonly unlock: () => Promise<readonly Signer[]>;
  /** Renew although a role is near its expiry. */
  readonly force: boolean;
  readonly now: Seconds;
  readonly progress: Progress;
}

/** A role that others have to sign before it expires. */
export interface ExpiringRole extends RoleVersion {
  readonly threshold: number;
  readonly keyids: readonly string[];
}

export interface RefreshReport {
  readonly store: string;
  /** False when nothing was due. */
  readonly changed: boolean;
  readonly roles: readonly RoleVersion[];
  /** Roles that expire soon, the first one first. */
  readonly expiring: readonly ExpiringRole[];
  /** Objects that were looked at before anything was renewed. */
  readonly objects: number;
  readonly expiresFirst: RoleVersion;
}

/**
 * Renews snapshot and timestamp, when half of the life of either is spent, so that devices go on to believe what is published. Before
 * that, every role is verified and every object that one lists is looked for. When nothing is due, nothing is written and no key is
 * opened. Nor when another publisher renews them meanwhile.
 *
 * @throws OtaError `store-missing`; `role-expired` and `role-expiring` naming each role, who must sign it and by when;
 *   `target-missing` naming each object; `signatures-missing`; as `readLive` and `rebasing`
 */
export function refreshRepository(options: RefreshOptions): Promise<RefreshReport> {
  const unlock = unlockedOnce(options.unlock);
  return rebasing(() => refreshOnce({ ...options, unlock }));
}

async function refreshOnce(options: RefreshOptions): Promise<RefreshReport> {
  const { store, trust, atHand, force, now, progress } = options;
  const live = await readLive(store, trust);
  const { repository, snapshot, timestamp } = live;
  checkClock(store, timestamp.signed, now);
  for (const keyid of repository.root.signed.keys.keys()) refuseDemoKey(keyid, 'the trust');
  const delegated = await delegatedRoles(live);
  const offline = [
    { ...versionOf('root', repository.root), ...repository.root.signed.roles.root },
    { ...versionOf('targets', repository.targets), ...repository.root.signed.roles.targets },
    ...delegated.map(({ role, metadata, keys }) => ({ ...versionOf(role, metadata), ...keys })),
  ].map(({ role, version, expires, threshold, keyids }) => ({ role, version, expires, threshold, keyids }));
  refuseExpiring(offline, now, force);
  const result = {
    store: store.url,
    expiring: offline.filter(({ expires }) => expires - now < SOON).sort((a, b) => a.expires - b.expires),
  };
  const online = [versionOf('snapshot', snapshot), versionOf('timestamp', timestamp)];
  const due =
    isHalfSpent('snapshot', snapshot.signed.expires, now) ||
    isHalfSpent('timestamp', timestamp.signed.expires, now);
  if (!due) {
    const expiresFirst = firstToExpire([...offline.map(alone), ...online]);
    return { ...result, changed: false, roles: [], objects: 0, expiresFirst };
  }
  const draft = await draftOnline({ store, root: repository.root, snapshot, timestamp, now });
  checkAtHand(atHand, [draft.snapshot, draft.timestamp]);
  const objects = await checkObjects(
    store,
    [repository.targets, ...delegated.map(({ metadata }) => metadata)],
    progress,
  );
  const { roles } = await applyPlan({
    plan: {
      uploads: [],
      roles: { given: [], documents: [], ...draft, listed: snapshot.signed.meta, base: live.token },
    },
    sign: signWith(keyring(await options.unlock())),
    store,
    progress,
  });
  const renewed = roles.map(alone);
  return {
    ...result,
    changed: true,
    roles: renewed,
    objects,
    expiresFirst: firstToExpire([...offline.map(alone), ...renewed]),
  };
}

export interface DelegatedRoleState {
  readonly role: string;
  readonly metadata: Metadata<Targets>;
  readonly keys: RoleKeys;
}

/** Every delegated role of the snapshot, verified. @throws OtaError as `TrustedRepository.delegated` */
export async function delegatedRoles({
  repository,
  snapshot,
}: Pick<LiveRepository, 'repository' | 'snapshot'>): Promise<readonly DelegatedRoleState[]> {
  const roles: DelegatedRoleState[] = [];
  for (const role of snapshot.signed.meta.keys()) {
    if (role === 'targets') continue;
    const delegator = await repository.role(delegatorOf(role));
    const keys = delegator.signed.delegations?.roles.find(({ name }) => name === role);
    // TUF forbids a role to leave the snapshot, so one that nobody delegates to any more is still there.
    if (keys) roles.push({ role, metadata: await repository.delegated(role, delegator), keys });
  }
  return roles;
}

function refuseExpiring(roles: readonly ExpiringRole[], now: Seconds, force: boolean): void {
  const near = roles.filter(({ expires }) => expires - now < NEAR);
  const expired = near.filter(({ expires }) => expires <= now);
  if (near.length === 0 || (force && expired.length === 0)) return;
  throw new OtaError(
    expired.length > 0 ? 'role-expired' : 'role-expiring',
    `${near.map(({ role }) => role).join(', ')} ${expired.length > 0 ? 'expired' : 'will expire'}: nothing was renewed`,
    {
      faults: near.map((role) => ({ where: role.role, message: whoMustSign(role, now) })),
      hint:
        expired.length > 0
          ? 'Devices refuse it already. Have it signed and published; then refresh.'
          : 'Have it signed and published in time. Until then, --force renews all the same.',
    },
  );
}

function whoMustSign({ expires, threshold, keyids }: ExpiringRole, now: Seconds): string {
  const keys = keyids.map((keyid) => keyid.slice(0, 16)).join(', ');
  const days = Math.floor((expires - now) / DAY);
  const when =
    expires <= now
      ? `expired at ${formatTime(expires)}`
      : `expires at ${formatTime(expires)}, in ${days} days`;
  return `${when}: to be signed by ${threshold} of ${keys}`;
}

/**
 * Whether every object that a role lists is in the store, with its length and, where the store remembers it, its digest.
 *
 * @returns how many there are
 * @throws OtaError `target-missing`
 */
async function checkObjects(
  store: Store,
  roles: readonly Metadata<Targets>[],
  progress: Progress,
): Promise<number> {
  const listed = roles.flatMap(({ signed }) => [...signed.targets]);
  const faults: Fault[] = [];
  let done = 0;
  await inParallel(listed, WIDTH, async ([path, file]) => {
    const key = targetKey(path, file.sha256);
    const found = await store.stat(key);
    if (!found) faults.push({ where: key, message: 'is not there' });
    else if (found.length !== file.length || (found.sha256 ?? file.sha256) !== file.sha256)
      faults.push({ where: key, message: 'is another object than the one that is signed' });
    done += 1;
    progress({ task: 'look for objects', done, total: listed.length });
  });
  if (faults.length === 0) return listed.length;
  throw new OtaError(
    'target-missing',
    `${faults.length} of ${listed.length} objects are not as they are signed`,
    {
      faults: faults.sort((a, b) => (a.where < b.where ? -1 : 1)),
      hint: 'Nothing was renewed. "ota verify --store" looks at every byte; put the objects back, or publish the release again.',
    },
  );
}

const alone = ({ role, version, expires }: RoleVersion): RoleVersion => ({ role, version, expires });
