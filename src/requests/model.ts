import type { Sealed } from '../core/digest.ts';
import type { JsonObject } from '../core/json/value.ts';
import type { Name } from '../core/names.ts';

/** What officers are asked to sign, and what it follows. Field by field: `docs/formats/request.md`. */
export interface RequestContent {
  readonly chain: Chain;
  /** At least one. */
  readonly documents: readonly RequestDocument[];
  /** Small targets that the documents list, by path, so that their content can be shown: channels. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The channel that the publisher will point at the release with its own key. */
  readonly channel?: Name;
}

/** A request as a file: the digest of its bytes is what a response names. */
export interface SigningRequest extends RequestContent {
  readonly sealed: Sealed;
}

/** The signed files that the documents follow, as they stand in the store. */
export interface Chain {
  /** Of consecutive versions; none where the first root is to be signed. */
  readonly roots: readonly Uint8Array[];
  /** `targets` and delegated roles, by name: those that are replaced, and those that delegate to them. */
  readonly roles: ReadonlyMap<string, Uint8Array>;
}

export type RequestDocument = RoleDocument | ManifestDocument;

/** The signed part of a role (TUF 1.0.34, section 4.2): its canonical JSON is what a signature covers. */
export interface RoleDocument {
  readonly type: 'role';
  readonly role: string;
  readonly signed: JsonObject;
}

/** A bundle's manifest: its bytes are the payload of a DSSE signature. */
export interface ManifestDocument {
  readonly type: 'manifest';
  readonly bytes: Uint8Array;
}

export const REQUEST_TYPE = 'ota-request';
/** A reader holds it in memory: some targets roles of 5 MiB at most, and the roots. */
export const MAX_REQUEST_BYTES = 32 * 2 ** 20;
export const MAX_DOCUMENTS = 64;
/** As many rotations as a device follows, and the first. */
export const MAX_ROOTS = 257;
