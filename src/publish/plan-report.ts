import type { Name, Version } from '../core/names.ts';
import { TIMESTAMP_KEY } from '../repository/layout.ts';
import type { DeltaOutcome } from './deltas.ts';
import { firstToExpire } from './expiry.ts';
import type { Origin, PlannedRole, PlannedUpload, PublishPlan, RoleVersion } from './plan.ts';
import type { AtHand } from './signers.ts';
import type { Stranded } from './way.ts';

/** A plan for people and scripts: everything that `applyPlan` would do, without the bytes. */
export interface PlanReport {
  readonly dryRun: true;
  readonly product: Name;
  readonly version: Version;
  readonly channel: Name;
  readonly channelFrom?: Version;
  readonly store: string;
  /** False when the store holds all of it already. */
  readonly changed: boolean;
  readonly uploads: readonly (Omit<PlannedUpload, 'origin' | 'from' | 'etag'> & {
    readonly from: Origin['in'];
    /** Of a copy: the object of the store that has the bytes. */
    readonly copyOf?: string;
  })[];
  readonly deltas: readonly DeltaOutcome[];
  readonly archived: readonly Version[];
  /** Releases that devices pass through which cannot install this one over what they have. */
  readonly through: readonly Version[];
  /** Devices that are left behind. */
  readonly stranded: readonly Stranded[];
  /** The roles that are to be signed. */
  readonly roles: readonly RoleReport[];
  /** Roots and targets of the trust folder that the store lacks: written as they are. */
  readonly given: readonly RoleVersion[];
  /** The one object that is replaced rather than created; absent where there is none yet, or nothing is due. */
  readonly replaces?: string;
  readonly uploadBytes: number;
  /** Of payloads that the store has under another name. */
  readonly copyBytes: number;
  readonly presentBytes: number;
  readonly expiresFirst: RoleVersion;
}

export interface RoleReport extends RoleVersion {
  readonly replaces?: number;
  /** Bytes that a signature covers; absent for a role that names the signed files of others. */
  readonly length?: number;
  readonly threshold: number;
  readonly keyids: readonly string[];
  /** How many of the keys that it takes are not at hand. */
  readonly missing: number;
}

/** What a plan would do. */
export function planReport(plan: PublishPlan, atHand: AtHand): PlanReport {
  const {
    product,
    version,
    channel,
    channelFrom,
    store,
    deltas,
    archived,
    through,
    stranded,
    uploads,
    kept,
  } = plan;
  const roles = plan.roles ? rolesOf(plan.roles, atHand) : [];
  const given = (plan.roles?.given ?? []).map(versionAlone);
  const bytes = (action: PlannedUpload['action']) =>
    uploads.reduce((sum, item) => sum + (item.action === action ? item.length : 0), 0);
  return {
    dryRun: true,
    product,
    version,
    channel,
    ...(channelFrom === undefined ? {} : { channelFrom }),
    store,
    changed: plan.roles !== undefined,
    uploads: uploads.map(({ origin, from, etag: _, ...item }) => ({
      ...item,
      from: origin.in,
      ...(from === undefined ? {} : { copyOf: from }),
    })),
    deltas,
    archived,
    through,
    stranded,
    roles,
    given,
    ...(plan.roles?.base === undefined ? {} : { replaces: TIMESTAMP_KEY }),
    uploadBytes: bytes('upload'),
    copyBytes: bytes('copy'),
    presentBytes: bytes('present'),
    expiresFirst: firstToExpire([...kept, ...given, ...roles.map(versionAlone)]),
  };
}

const versionAlone = ({ role, version, expires }: RoleVersion): RoleVersion => ({ role, version, expires });

function rolesOf(
  { documents, snapshot, timestamp }: NonNullable<PublishPlan['roles']>,
  atHand: AtHand,
): readonly RoleReport[] {
  const report = (planned: PlannedRole, length?: number): RoleReport => {
    const { role, version, expires, replaces, keys } = planned;
    const have = keys.keyids.filter((keyid) => atHand.has(keyid)).length;
    return {
      role,
      version,
      expires,
      ...(replaces === undefined ? {} : { replaces }),
      ...(length === undefined ? {} : { length }),
      threshold: keys.threshold,
      keyids: keys.keyids,
      missing: Math.max(0, keys.threshold - have),
    };
  };
  return [...documents.map((role) => report(role, role.message.length)), report(snapshot), report(timestamp)];
}
