import { toHex } from '../core/bytes.ts';
import { type Digest, type Sealed, seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { byCodePoint, canonicalJson } from '../core/json/canonical.ts';
import { compactJson } from '../core/json/print.ts';
import type { JsonObject, JsonValue } from '../core/json/value.ts';
import { formatTime, type Seconds } from '../core/time.ts';
import { tufKey } from '../keys/public-key.ts';
import type { RoleKey } from '../keys/role-key.ts';
import type { Signer } from '../keys/signer.ts';
import { MEDIA_FIELD, mediaProfileObject } from './media-profile.ts';
import {
  type Announced,
  type DelegatedRole,
  type Delegations,
  MADE_FIELD,
  type MetaFile,
  type RoleKeys,
  type Sha512File,
  type Signature,
  SPEC_VERSION,
  type SuccinctRoles,
  type TargetFile,
  type Targets,
  type Timestamp,
  TOP_ROLES,
  type TopRole,
} from './model.ts';

interface Head {
  readonly version: number;
  readonly expires: Seconds;
}

/** The signed part of a root (TUF 1.0.34, section 4.3), consistent snapshots on. */
export function buildRoot(
  root: Head & { readonly keys: readonly RoleKey[]; readonly roles: Readonly<Record<TopRole, RoleKeys>> },
): JsonObject {
  return {
    ...head('root', root),
    consistent_snapshot: true,
    keys: keysObject(root.keys),
    roles: record(TOP_ROLES.map((name) => [name, roleKeysObject(root.roles[name])])),
  };
}

/** The signed part of a targets role (section 4.5), top-level or delegated. */
export function buildTargets(
  role: Head & Pick<Targets, 'targets' | 'sha512Targets' | 'delegations' | 'media' | 'unknown'>,
): JsonObject {
  return {
    ...role.unknown,
    ...head('targets', role),
    targets: record(
      [...role.targets, ...(role.sha512Targets ?? [])].map(([path, file]) => [path, targetFile(file)]),
    ),
    ...(role.delegations === undefined ? {} : { delegations: delegations(role.delegations) }),
    ...(role.media === undefined ? {} : { [MEDIA_FIELD]: mediaProfileObject(role.media) }),
  };
}

/** The signed part of a snapshot (section 4.4); `meta` by role name, without `.json`. */
export function buildSnapshot(snapshot: Head & { readonly meta: ReadonlyMap<string, MetaFile> }): JsonObject {
  return {
    ...head('snapshot', snapshot),
    meta: record([...snapshot.meta].map(([name, file]) => [`${name}.json`, metaFile(file)])),
  };
}

/** The signed part of a timestamp (section 4.6). */
export function buildTimestamp(
  timestamp: Head & Pick<Timestamp, 'made'> & { readonly snapshot: { readonly version: number } & Digest },
): JsonObject {
  return {
    ...head('timestamp', timestamp),
    meta: { 'snapshot.json': metaFile(timestamp.snapshot) },
    ...(timestamp.made === undefined ? {} : { [MADE_FIELD]: formatTime(timestamp.made) }),
  };
}

/**
 * Signs a role: signatures over the canonical JSON of the signed part.
 *
 * @throws OtaError `signatures-missing` without a signer; what a signer throws
 */
export async function signRole(signed: JsonObject, signers: readonly Signer[]): Promise<Sealed> {
  const distinct = new Map(signers.map((signer) => [signer.publicKey.keyid, signer]));
  if (distinct.size === 0) throw new OtaError('signatures-missing', 'there is no key to sign with');
  const message = canonicalJson(signed);
  const signatures: Signature[] = [];
  for (const [keyid, signer] of distinct) {
    signatures.push({
      keyid,
      sig: toHex(await signer.sign(message, { what: `${signed._type} ${signed.version}` })),
    });
  }
  return roleFile(signed, signatures);
}

/**
 * The file of a role: compact JSON with sorted names. Canonical JSON itself is not always JSON (it leaves control characters
 * bare), so the file is not in it.
 *
 * @param signatures one of each key, in any order
 */
export function roleFile(signed: JsonObject, signatures: readonly Signature[]): Sealed {
  const sorted = [...signatures].sort((a, b) => byCodePoint(a.keyid, b.keyid));
  return seal(compactJson({ signatures: sorted.map(({ keyid, sig }) => ({ keyid, sig })), signed }));
}

const head = (type: TopRole, role: Head): JsonObject => ({
  _type: type,
  expires: formatTime(role.expires),
  spec_version: SPEC_VERSION,
  version: role.version,
});

/** `keyids` and `threshold` of a role (section 4.3). */
export const roleKeysObject = ({ keyids, threshold }: RoleKeys): JsonObject => ({
  keyids: [...keyids].sort(byCodePoint),
  threshold,
});

/** `keys` of a root or of delegations (section 4.3). */
export const keysObject = (keys: Iterable<RoleKey>): JsonObject =>
  record([...keys].map((key) => [key.keyid, key.raw === undefined ? key.document : tufKey(key.raw)]));

const targetFile = (file: TargetFile | Sha512File): JsonObject => ({
  ...file.unknown,
  ...announced(file),
  ...(file.custom === undefined ? {} : { custom: file.custom }),
});

const metaFile = (file: MetaFile): JsonObject => ({ version: file.version, ...announced(file) });

const announced = ({ length, sha256, sha512 }: Announced): JsonObject => ({
  ...(length === undefined ? {} : { length }),
  ...(sha256 === undefined ? {} : { hashes: { sha256 } }),
  ...(sha512 === undefined ? {} : { hashes: { sha512 } }),
});

const delegations = ({ keys, otherKeys, roles, succinct, unknown }: Delegations): JsonObject => ({
  ...unknown,
  keys: keysObject([...keys.values(), ...(otherKeys?.values() ?? [])]),
  ...(succinct === undefined
    ? { roles: roles.map(delegatedRole) }
    : { succinct_roles: succinctRoles(succinct) }),
});

const succinctRoles = ({ bitLength, namePrefix, ...keys }: SuccinctRoles): JsonObject => ({
  ...roleKeysObject(keys),
  bit_length: bitLength,
  name_prefix: namePrefix,
});

const delegatedRole = (role: DelegatedRole): JsonObject => ({
  ...role.unknown,
  name: role.name,
  terminating: role.terminating,
  ...roleKeysObject(role),
  ...(role.paths === undefined ? { path_hash_prefixes: role.pathHashPrefixes } : { paths: role.paths }),
});

/** Names may be any text, so the object has no prototype to meet them. */
function record(entries: readonly (readonly [string, JsonValue])[]): JsonObject {
  const object: Record<string, JsonValue> = Object.create(null);
  for (const [name, value] of entries) object[name] = value;
  return object;
}
