import { byCodePoint } from '../core/json/canonical.ts';
import { DAY, formatTime, type Seconds } from '../core/time.ts';
import { describeKey, type KeyDescription } from '../keys/fingerprint.ts';
import {
  dueWithin,
  isOffline,
  type Standing,
  type StandingMedia,
  type StandingRole,
} from '../publish/status.ts';
import type { Recalls } from '../repository/recalls.ts';

/** Who holds what, what expires when, and what is due: the JSON of `ota status`. */
export interface StatusReport {
  /** The time that all of it is judged by. */
  readonly at: string;
  readonly trust: string;
  /** Absent where only the trust folder was looked at. */
  readonly store?: string;
  readonly roles: readonly StatusRole[];
  readonly keys: readonly (KeyDescription & { readonly roles: readonly string[] })[];
  /** Releases that were recalled, by product; absent where there are none. */
  readonly recalls?: readonly Recalls[];
  /** How devices judge media, by product; absent where no role says so. */
  readonly media?: readonly StandingMedia[];
  /** The role that expires first, who renews it and how. */
  readonly next?: StatusTask;
  /** What `--fail-within` asks for and finds due, the first one first. */
  readonly due?: readonly StatusTask[];
}

export interface StatusRole {
  readonly role: string;
  readonly threshold: number;
  readonly keyids: readonly string[];
  readonly version?: number;
  readonly expires?: string;
  /** Whole days, rounded down; negative once it has expired. */
  readonly daysLeft?: number;
}

export interface StatusTask {
  readonly role: string;
  readonly expires: string;
  readonly daysLeft: number;
  readonly threshold: number;
  /** Whose signatures do. */
  readonly keyids: readonly string[];
  /** The commands to begin with. */
  readonly commands: readonly string[];
}

export async function statusReport(
  standing: Standing,
  options: {
    readonly now: Seconds;
    readonly trust: string;
    readonly store: string | undefined;
    readonly failWithin: Seconds | undefined;
  },
): Promise<StatusReport> {
  const { now, trust, store, failWithin } = options;
  const task = taskAt(now);
  const [next] = dueWithin(standing, Number.MAX_SAFE_INTEGER, 0);
  const keys = [...standing.keys.values()].sort((a, b) => byCodePoint(a.keyid, b.keyid));
  return {
    at: formatTime(now),
    trust,
    ...(store === undefined ? {} : { store }),
    roles: standing.roles.map((role) => statusRole(role, now)),
    keys: await Promise.all(
      keys.map(async (key) => ({
        ...(await describeKey(key)),
        roles: standing.roles.filter(({ keyids }) => keyids.includes(key.keyid)).map(({ role }) => role),
      })),
    ),
    ...(standing.recalls.length === 0 ? {} : { recalls: standing.recalls }),
    ...(standing.media.length === 0 ? {} : { media: standing.media }),
    ...(next ? { next: task(next) } : {}),
    ...(failWithin === undefined ? {} : { due: dueWithin(standing, now, failWithin).map(task) }),
  };
}

const daysLeft = (expires: Seconds, now: Seconds): number => Math.floor((expires - now) / DAY);

const statusRole = (
  { role, threshold, keyids, version, expires }: StandingRole,
  now: Seconds,
): StatusRole => ({
  role,
  threshold,
  keyids,
  ...(version === undefined ? {} : { version }),
  ...(expires === undefined ? {} : { expires: formatTime(expires), daysLeft: daysLeft(expires, now) }),
});

const taskAt =
  (now: Seconds) =>
  (role: StandingRole & { readonly expires: Seconds }): StatusTask => ({
    role: role.role,
    expires: formatTime(role.expires),
    daysLeft: daysLeft(role.expires, now),
    threshold: role.threshold,
    keyids: role.keyids,
    commands: isOffline(role)
      ? ['ota root init', `ota root expiry ${LIFE[role.kind as keyof typeof LIFE]} --role ${role.role}`]
      : ['ota refresh'],
  });

/** What an offline role usually lives. */
const LIFE = { root: '730d', targets: '730d', product: '365d' } as const;
