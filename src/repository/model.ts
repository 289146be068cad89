import type { Digest, Sealed } from '../core/digest.ts';
import type { JsonObject } from '../core/json/value.ts';
import type { Seconds } from '../core/time.ts';
import type { PublicKey } from '../keys/public-key.ts';

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

export interface RoleKeys {
  readonly keyids: readonly string[];
  /** 1 to the number of `keyids`. */
  readonly threshold: number;
}

interface Common {
  /** 1 to 2^53-1. */
  readonly version: number;
  readonly expires: Seconds;
}

export interface Root extends Common {
  readonly type: 'root';
  readonly consistentSnapshot: boolean;
  readonly keys: ReadonlyMap<string, PublicKey>;
  readonly roles: Readonly<Record<TopRole, RoleKeys>>;
}

/** A target as its role lists it (section 4.5); `custom` is read by `custom.ts`. */
export interface TargetFile extends Digest {
  readonly custom?: JsonObject;
}

export interface Targets extends Common {
  readonly type: 'targets';
  readonly targets: ReadonlyMap<string, TargetFile>;
  readonly delegations?: Delegations;
}

export interface Delegations {
  readonly keys: ReadonlyMap<string, PublicKey>;
  /** In order of priority. */
  readonly roles: readonly DelegatedRole[];
}

export type DelegatedRole = RoleKeys & {
  readonly name: string;
  readonly terminating: boolean;
} & DelegatedPaths;

/** Which target paths a role may speak about: by pattern, or by the first hex digits of the path's SHA-256. */
export type DelegatedPaths =
  | { readonly paths: readonly string[]; readonly pathHashPrefixes?: never }
  | { readonly pathHashPrefixes: readonly string[]; readonly paths?: never };

/** What one metadata file says of another (section 4.4). */
export interface MetaFile {
  readonly version: number;
  /** Bytes. */
  readonly length?: number;
  readonly sha256?: string;
}

export interface Snapshot extends Common {
  readonly type: 'snapshot';
  /** By role name, without `.json`. */
  readonly meta: ReadonlyMap<string, MetaFile>;
}

export interface Timestamp extends Common {
  readonly type: 'timestamp';
  readonly snapshot: MetaFile;
}
