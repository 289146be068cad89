import { byCodePoint } from '../core/json/canonical.ts';
import { isName, type Name } from '../core/names.ts';
import { DAY, type Seconds } from '../core/time.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { verifyTopRole } from '../repository/checks.ts';
import type { MediaProfile } from '../repository/media-profile.ts';
import type { Metadata, RoleKeys, TOP_ROLES } from '../repository/model.ts';
import { parseTargets } from '../repository/parse-targets.ts';
import { LIFETIME_DAYS, type RoleKind } from '../repository/policy.ts';
import type { Recalls } from '../repository/recalls.ts';
import { type Trust, verifyRoots } from '../repository/trust.ts';
import type { ReadStore } from '../storage/store.ts';
import { repositoryRecalls } from './recalls.ts';
import { loadCurrent } from './repository-state.ts';

/** Who holds what, and until when: every role that devices need. */
export interface Standing {
  /** Root first, as they are trusted one from the other; snapshot and timestamp last. */
  readonly roles: readonly StandingRole[];
  readonly keys: ReadonlyMap<string, PublicKey>;
  /** Releases that were recalled, by product. */
  readonly recalls: readonly Recalls[];
  /** How devices of a product judge media, where its role says so. */
  readonly media: readonly StandingMedia[];
}

export interface StandingMedia {
  readonly product: Name;
  readonly profile: MediaProfile;
}

export interface StandingRole extends RoleKeys {
  readonly role: string;
  readonly kind: RoleKind;
  /** Absent where it has not been published yet, or only its keys are known. */
  readonly version?: number;
  readonly expires?: Seconds;
}

type Head = Metadata<{ readonly version: number; readonly expires: Seconds }>;

/**
 * Reads who holds what from a trust folder, and from a store where there is one. Nothing is refused for its age: telling it is
 * what this is for.
 *
 * @throws OtaError as `loadCurrent` and `verifyRoots`
 */
export async function readStanding(trust: Trust, store: ReadStore | undefined): Promise<Standing> {
  const current = store ? await loadCurrent(store, trust) : heldAlone(trust);
  const { root, targets } = current;
  const live = 'live' in current ? current.live : undefined;
  const keys = new Map(root.signed.keys);
  const top = (role: (typeof TOP_ROLES)[number], file: Head | undefined): StandingRole => ({
    role,
    kind: role,
    ...root.signed.roles[role],
    ...headOf(file),
  });
  const delegated: StandingRole[] = [];
  const recalls: Recalls[] = [];
  const media: StandingMedia[] = [];
  const visit = async (by: typeof targets, kind: RoleKind): Promise<void> => {
    for (const [keyid, key] of by.signed.delegations?.keys ?? []) keys.set(keyid, key);
    for (const { name, keyids, threshold } of by.signed.delegations?.roles ?? []) {
      const there = live?.snapshot.signed.meta.has(name) ?? false;
      const file = there ? await live?.repository.role(name) : undefined;
      delegated.push({ role: name, kind, keyids, threshold, ...headOf(file) });
      if (file) await visit(file, 'channels');
      if (!live || !file || kind !== 'product' || !isName(name)) continue;
      recalls.push({ product: name, recalls: await repositoryRecalls(live.repository, name) });
      if (file.signed.media) media.push({ product: name, profile: file.signed.media });
    }
  };
  await visit(targets, 'product');
  return {
    roles: [
      top('root', root),
      top('targets', targets),
      ...delegated,
      top('snapshot', live?.snapshot),
      top('timestamp', live?.timestamp),
    ],
    keys,
    recalls: recalls.filter((item) => item.recalls.length > 0),
    media,
  };
}

function heldAlone(trust: Trust) {
  const root = verifyRoots(trust.roots, 0).at(-1);
  if (!root) throw new Error('roots that were verified are there');
  const targets = parseTargets(trust.targetsBytes, 'targets.json');
  verifyTopRole(targets, root, 'targets');
  return { root, targets };
}

const headOf = (file: Head | undefined) =>
  file ? { version: file.signed.version, expires: file.signed.expires } : {};

/** Roles whose keys are offline: people have to come together to renew them. */
export const isOffline = ({ kind }: StandingRole): boolean => OFFLINE.includes(kind);
const OFFLINE: readonly RoleKind[] = ['root', 'targets', 'product'];

/**
 * Roles that expire within a time, the first one first. None counts before half of its life is over: the online ones live for 30 days
 * from each publication, and would always be due.
 */
export function dueWithin(
  { roles }: Standing,
  now: Seconds,
  within: Seconds,
): readonly (StandingRole & { readonly expires: Seconds })[] {
  return roles
    .flatMap((role) => (role.expires === undefined ? [] : [{ ...role, expires: role.expires }]))
    .filter(({ kind, expires }) => expires <= now + Math.min(within, (LIFETIME_DAYS[kind] * DAY) / 2))
    .sort((a, b) => a.expires - b.expires || byCodePoint(a.role, b.role));
}
