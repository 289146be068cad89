import type { Digest, Sealed } from '../core/digest.ts';
import type { JsonObject } from '../core/json/value.ts';
import type { Seconds } from '../core/time.ts';
import type { PublicKey } from '../keys/public-key.ts';
import type { OtherKey } from '../keys/role-key.ts';
import type { MediaProfile } from './media-profile.ts';

/** The version of the specification that everything here follows; any 1.x is read. */
export const SPEC_VERSION = '1.0.34';

export const TOP_ROLES = ['root', 'targets', 'snapshot', 'timestamp'] as const;
export type TopRole = (typeof TOP_ROLES)[number];

export interface Signature {
  readonly keyid: string;
  /** Hex, as it stands in the file; only one that verifies counts. */
  readonly sig: string;
}

/** One metadata file (TUF 1.0.34, section 4.2): its bytes, what they mean and who signed them. */
export interface Metadata<T> {
  readonly sealed: Sealed;
  readonly signed: T;
  readonly signatures: readonly Signature[];
  /** The signed part as it stands, with the fields that are not ours. */
  readonly document: JsonObject;
}

/** Keys of other types than the one that this tool signs with, by keyid: they only verify. Absent where there are none. */
export type OtherKeys = ReadonlyMap<string, OtherKey>;

export interface RoleKeys {
  readonly keyids: readonly string[];
  /** At least 1; more than there are `keyids` only in a root that is about to be refused. */
  readonly threshold: number;
}

interface Common {
  /** 1 to 2^53-1. */
  readonly version: number;
  readonly expires: Seconds;
}

/** Fields that are not ours, kept so that a role that is made from another loses nothing. Absent where there are none. */
export type Unknown = JsonObject;

export interface Root extends Common {
  readonly type: 'root';
  readonly consistentSnapshot: boolean;
  readonly keys: ReadonlyMap<string, PublicKey>;
  readonly otherKeys?: OtherKeys;
  readonly roles: Readonly<Record<TopRole, RoleKeys>>;
}

/** A target as its role lists it (section 4.5); `custom` is read by `custom.ts`. */
export interface TargetFile extends Digest {
  readonly sha512?: never;
  readonly custom?: JsonObject;
  readonly unknown?: Unknown;
}

/** A target that another repository lists by its SHA-512 alone. */
export interface Sha512File {
  /** Bytes. */
  readonly length: number;
  readonly sha512: string;
  readonly sha256?: never;
  readonly custom?: JsonObject;
  readonly unknown?: Unknown;
}

/** What is known of a file's bytes: one strong hash and a length, or less where less was said. */
export interface Announced {
  /** Bytes. */
  readonly length?: number;
  readonly sha256?: string;
  /** Only where there is no SHA-256. */
  readonly sha512?: string;
}

export interface Targets extends Common {
  readonly type: 'targets';
  readonly targets: ReadonlyMap<string, TargetFile>;
  /** Absent where there are none. */
  readonly sha512Targets?: ReadonlyMap<string, Sha512File>;
  readonly delegations?: Delegations;
  /** Of a product's role: how media are judged; absent for `STRICT`. */
  readonly media?: MediaProfile;
  readonly unknown?: Unknown;
}

export interface Delegations {
  readonly keys: ReadonlyMap<string, PublicKey>;
  readonly otherKeys?: OtherKeys;
  /** In order of priority; none where there are hash bins. */
  readonly roles: readonly DelegatedRole[];
  readonly succinct?: SuccinctRoles;
  readonly unknown?: Unknown;
}

/** Succinct hash bins (TAP 15): 2^`bitLength` roles with the same keys, among which the digest of a path chooses. */
export type SuccinctRoles = RoleKeys & {
  /** 1 to 32. */
  readonly bitLength: number;
  readonly namePrefix: string;
};

export type DelegatedRole = RoleKeys & {
  readonly name: string;
  readonly terminating: boolean;
  readonly unknown?: Unknown;
} & DelegatedPaths;

/** Which target paths a role may speak about: by pattern, or by the first hex digits of the path's SHA-256. */
export type DelegatedPaths =
  | { readonly paths: readonly string[]; readonly pathHashPrefixes?: never }
  | { readonly pathHashPrefixes: readonly string[]; readonly paths?: never };

/** What one metadata file says of another (section 4.4). */
export interface MetaFile extends Announced {
  readonly version: number;
}

export interface Snapshot extends Common {
  readonly type: 'snapshot';
  /** By role name, without `.json`. */
  readonly meta: ReadonlyMap<string, MetaFile>;
}

export interface Timestamp extends Common {
  readonly type: 'timestamp';
  readonly snapshot: MetaFile;
  /** When it was signed, by the clock of whoever signed it; absent where another tool did. */
  readonly made?: Seconds;
}

/** The field of a timestamp that holds `made`; other TUF clients leave it alone (section 4.2). */
export const MADE_FIELD = 'x-ota-made';
