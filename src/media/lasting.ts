import type { Name } from '../core/names.ts';
import { DAY, type Seconds } from '../core/time.ts';
import type { TrustedRepository } from '../device/client/repository.ts';
import type { StandingRole } from '../publish/status.ts';
import { channelsRole, productRole } from '../repository/layout.ts';
import { type MediaAge, type MediaProfile, STRICT } from '../repository/media-profile.ts';
import type { Metadata, RoleKeys, Targets } from '../repository/model.ts';

/** A role on a medium. */
export type MediaRole = StandingRole & { readonly version: number; readonly expires: Seconds };

/** What decides until when devices of one product take a medium. */
export interface Lasting {
  readonly product: Name;
  readonly profile: MediaProfile;
  /** When the timestamp was signed. */
  readonly made: Seconds;
  /** Those that such a device looks at: root first. */
  readonly roles: readonly MediaRole[];
}

/** Seconds that a timestamp lasts which does not say when it was signed. */
const USUAL_LIFE = 30 * DAY;

/** @throws OtaError as `TrustedRepository.role` */
export async function lastingOf(repository: TrustedRepository, product: Name): Promise<Lasting> {
  const { root, targets, snapshot, timestamp } = repository;
  const role = await repository.role(productRole(product));
  const channels = await repository.role(channelsRole(product));
  const top = (name: 'root' | 'targets' | 'snapshot' | 'timestamp', file: Head): MediaRole =>
    standing(name, name, root.signed.roles[name], file);
  return {
    product,
    profile: role.signed.media ?? STRICT,
    made: timestamp.signed.made ?? timestamp.signed.expires - USUAL_LIFE,
    roles: [
      top('root', root),
      top('targets', targets),
      standing(productRole(product), 'product', keysOf(targets, productRole(product)), role),
      standing(channelsRole(product), 'channels', keysOf(role, channelsRole(product)), channels),
      top('snapshot', snapshot),
      top('timestamp', timestamp),
    ],
  };
}

type Head = Metadata<{ readonly version: number; readonly expires: Seconds }>;

const standing = (
  role: string,
  kind: StandingRole['kind'],
  { keyids, threshold }: RoleKeys,
  { signed: { version, expires } }: Head,
): MediaRole => ({ role, kind, keyids, threshold, version, expires });

function keysOf({ signed }: Metadata<Targets>, name: string): RoleKeys {
  const found = signed.delegations?.roles.find((role) => role.name === name);
  if (found) return found;
  throw new Error(`${name} was verified on the authority of this role`);
}

/** Until when devices take a medium by a profile: no end where it never ends. */
export function acceptedUntil(age: MediaAge, { roles, made }: Pick<Lasting, 'roles' | 'made'>): Seconds {
  if (age.expiry === 'advice') return Number.POSITIVE_INFINITY;
  const first = Math.min(...roles.map(({ expires }) => expires));
  if (age.expiry === 'strict') return first;
  // One that had expired when the medium was made was never good on it.
  return first <= made ? first : made + age.days * DAY;
}

/** Something that has to be signed anew before a medium lasts as long as is asked. */
export interface Renewal {
  readonly role: MediaRole;
  readonly why: /** It expires before. */
    | 'expires'
    /** It was expired when the timestamp was signed. */
    | 'expired'
    /** Its profile ends before. */
    | 'profile';
}

/**
 * All that must be signed before a medium counts for `days`: from `now` where roles are held by their own expiry, and where a profile limits
 * it, from when it was made.
 */
export function renewals(lasting: Lasting, now: Seconds, days: number): readonly Renewal[] {
  const { profile, roles, made } = lasting;
  if (profile.expiry === 'advice') return [];
  if (profile.expiry === 'strict') {
    const until = now + days * DAY;
    return byExpiry(roles.filter(({ expires }) => expires < until)).map((role) => ({ role, why: 'expires' }));
  }
  const short = profile.days < days ? roles.filter(({ kind }) => kind === 'product') : [];
  return [
    ...byExpiry(roles.filter(({ expires }) => expires <= made)).map((role) => ({
      role,
      why: 'expired' as const,
    })),
    ...short.map((role) => ({ role, why: 'profile' as const })),
  ];
}

const byExpiry = (roles: readonly MediaRole[]): readonly MediaRole[] =>
  roles.toSorted((a, b) => a.expires - b.expires);
