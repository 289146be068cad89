import type { Name } from '../core/names.ts';
import { formatTime, type Seconds } from '../core/time.ts';
import type { MediaAge, MediaProfile } from '../repository/media-profile.ts';
import { LIFETIME_DAYS } from '../repository/policy.ts';
import { acceptedUntil, type Lasting, type Renewal, renewals } from './lasting.ts';

/** Until when a medium would count that is made now, and what has to be signed first where that is too short. */
export interface MediaOutlook {
  /** When it would be made. */
  readonly at: string;
  /** Days for which it has to count. */
  readonly days: number;
  readonly products: readonly ProductOutlook[];
}

export interface ProductOutlook {
  readonly product: Name;
  readonly profile: MediaProfile;
  /** When the timestamp of the repository was signed: media count as made then. */
  readonly made: string;
  /** Until when devices would take it; absent where that has no end. */
  readonly until?: string;
  readonly enough: boolean;
  /** All that has to be signed first, what expires first at the top. */
  readonly renewals: readonly RenewalTask[];
  /** What each profile would give. */
  readonly profiles: readonly ProfileOutlook[];
}

export interface RenewalTask {
  readonly role: string;
  readonly why: Renewal['why'];
  readonly expires: string;
  readonly threshold: number;
  /** Whose signatures do. */
  readonly keyids: readonly string[];
  /** By when: as it would be made then. */
  readonly by: string;
  /** The commands to begin with; none where the role cannot last so long, whoever signs it. */
  readonly commands: readonly string[];
  /** Days that it lasts at most; absent where whoever signs it says. */
  readonly lastsAtMost?: number;
}

export type ProfileOutlook = MediaAge & { readonly until?: string; readonly enough: boolean };

export const outlookOf = (
  products: readonly Lasting[],
  { now, days }: { readonly now: Seconds; readonly days: number },
): MediaOutlook => ({
  at: formatTime(now),
  days,
  products: products.map((lasting): ProductOutlook => {
    const open = renewals(lasting, now, days);
    return {
      product: lasting.product,
      profile: lasting.profile,
      made: formatTime(lasting.made),
      ...untilOf(lasting.profile, lasting),
      enough: open.length === 0,
      renewals: open.map((renewal) => taskOf(renewal, lasting.product, now, days)),
      profiles: ages(lasting.profile, days).map((age) => ({
        ...age,
        ...untilOf(age, lasting),
        enough: renewals({ ...lasting, profile: { ...age, counter: 0 } }, now, days).length === 0,
      })),
    };
  }),
});

const untilOf = (age: MediaAge, lasting: Lasting): { readonly until?: string } => {
  const until = acceptedUntil(age, lasting);
  return Number.isFinite(until) ? { until: formatTime(until) } : {};
};

/** The profile of the product's own where it is a limit, and one that is long enough. */
function ages(profile: MediaProfile, days: number): readonly MediaAge[] {
  const limits = new Set([...(profile.expiry === 'limit' ? [profile.days] : []), days]);
  return [
    { expiry: 'strict' },
    ...[...limits].sort((a, b) => a - b).map((limit) => ({ expiry: 'limit' as const, days: limit })),
    { expiry: 'advice' },
  ];
}

function taskOf({ role, why }: Renewal, product: Name, now: Seconds, days: number): RenewalTask {
  const { kind, keyids, threshold, expires } = role;
  const isOffline = kind === 'root' || kind === 'targets' || kind === 'product';
  const lastsAtMost = isOffline ? undefined : LIFETIME_DAYS[kind];
  const commands = (): readonly string[] => {
    if (why === 'profile') return [`ota media profile --product ${product} --expiry limit --days ${days}`];
    if (isOffline) return ['ota root init', `ota root expiry ${days + LEAD_DAYS}d --role ${role.role}`];
    if (lastsAtMost !== undefined && lastsAtMost < days && why === 'expires') return [];
    return [kind === 'channels' ? `ota channel promote` : 'ota refresh'];
  };
  return {
    role: role.role,
    why,
    expires: formatTime(expires),
    threshold,
    keyids,
    by: formatTime(now),
    commands: commands(),
    ...(lastsAtMost === undefined ? {} : { lastsAtMost }),
  };
}

/** Officers need weeks to come together; the medium is made after that. */
const LEAD_DAYS = 60;
