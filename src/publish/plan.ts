import type { Digest, Sealed } from '../core/digest.ts';
import { canonicalJson } from '../core/json/canonical.ts';
import type { JsonObject } from '../core/json/value.ts';
import type { Name, Version } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';
import type { PublicKey } from '../keys/public-key.ts';
import type { MetaFile, RoleKeys } from '../repository/model.ts';
import type { Token } from '../storage/store.ts';
import type { DeltaOutcome } from './deltas.ts';
import type { Stranded } from './way.ts';

/** What a publish will do, made without writing to the store: `applyPlan` does exactly this. */
export interface PublishPlan {
  readonly product: Name;
  readonly version: Version;
  readonly channel: Name;
  /** What the channel gives out now; absent for a new channel. */
  readonly channelFrom?: Version;
  readonly store: string;
  /** In the order in which they are sent. */
  readonly uploads: readonly PlannedUpload[];
  readonly deltas: readonly DeltaOutcome[];
  /** Releases that leave the product's role and are archived. */
  readonly archived: readonly Version[];
  /** Releases that devices pass through which cannot install this one over what they have. */
  readonly through: readonly Version[];
  /** Devices that are left behind, which was said to be meant. */
  readonly stranded: readonly Stranded[];
  /** Absent when nothing has to be signed. */
  readonly roles?: RolesPlan;
  /** The roles that devices need and that stay as they are. */
  readonly kept: readonly RoleVersion[];
}

/** An object that has to be in the store, under a name that holds its digest. */
export interface PlannedUpload extends Digest {
  readonly key: string;
  /** The target path that devices ask for. */
  readonly path: string;
  readonly origin: Origin;
  /** `present`: the store has it, with these bytes; `copy`: it has them under another name. */
  readonly action: 'upload' | 'copy' | 'present';
  /** Of a copy: the object that has the bytes. */
  readonly from?: string;
  /** As in `Body`. */
  readonly etag?: string;
}

/** Where the bytes of an upload are. */
export type Origin =
  | { readonly in: 'bundle'; readonly part: 'payload' | 'extra'; readonly name: string }
  | { readonly in: 'bundle'; readonly part: 'manifest' | 'signatures' }
  | { readonly in: 'file'; readonly file: string }
  | { readonly in: 'memory'; readonly bytes: Uint8Array };

export interface RoleVersion {
  readonly role: string;
  readonly version: number;
  readonly expires: Seconds;
}

/** A role that gets a new version, and who has to sign it. */
export interface PlannedRole extends RoleVersion {
  /** The version that it follows; absent for the first. */
  readonly replaces?: number;
  readonly keys: RoleKeys;
  /** The public keys of `keys`, by keyid. */
  readonly publicKeys: ReadonlyMap<string, PublicKey>;
}

/** A timestamp says when it was made: devices that are updated from media go by it. */
export interface PlannedTimestamp extends PlannedRole {
  readonly made: Seconds;
}

/** A role without its signatures, complete. */
export interface RoleDocument extends PlannedRole {
  readonly document: JsonObject;
  /** The canonical JSON of `document`: the bytes that a signature covers (TUF 1.0.34, section 4.2). */
  readonly message: Uint8Array;
}

/** A role as it is written. */
export interface SignedRole extends RoleVersion {
  readonly sealed: Sealed;
}

/**
 * Which roles are written. Snapshot and timestamp name the signed files of the others by digest, so that their documents
 * exist once those are signed; the keys that sign them are online.
 */
export interface RolesPlan {
  /** Roots and targets of the trust folder that the store lacks, signed already. */
  readonly given: readonly SignedRole[];
  /** To be signed, in any order. */
  readonly documents: readonly RoleDocument[];
  readonly snapshot: PlannedRole;
  readonly timestamp: PlannedTimestamp;
  /** What the snapshot says of the roles that stay as they are. */
  readonly listed: ReadonlyMap<string, MetaFile>;
  /** The store's timestamp that this follows; absent for the first. */
  readonly base?: Token;
}

export const roleDocument = (role: PlannedRole, document: JsonObject): RoleDocument => ({
  ...role,
  document,
  message: canonicalJson(document),
});
